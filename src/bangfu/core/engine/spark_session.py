"""Opens a session of Spark, and says what is missing where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bangfu.core.errors import EngineError, Problem
from bangfu.core.messages import N_, Message

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[2]"

_LOOPBACK = "127.0.0.1"
_SETTINGS = {
    "spark.log.level": "OFF",  # its errors would show values of a person
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def open_session(master: str = LOCAL, memory: str = "", host: str = _LOOPBACK) -> Iterator[SparkSession]:
    """A session on a cluster's master, e.g. `spark://10.0.0.5:7077`, or on threads of this machine.

    `memory`: of the driver, e.g. "2GB". `host`: the address under which workers find this machine. Raises
    EngineError where pyspark, Java or the cluster is missing.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        remedy = Message(N_("请安装：pip install 'bangfu[spark]'"))
        raise EngineError(Problem("spark.missing", Message(N_("没有安装 Spark")), remedy=remedy)) from error
    builder = SparkSession.builder.master(master).appName("bangfu")
    settings = {**_SETTINGS, "spark.driver.host": host, "spark.driver.bindAddress": host}
    if memory:
        settings["spark.driver.memory"] = memory.lower().removesuffix("b")
    for name, value in settings.items():
        builder = builder.config(name, value)
    with spark_errors(lambda error: _unavailable(master, error)):
        session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _unavailable(master: str, error: Exception) -> EngineError:
    message = Message(
        N_("Spark（{master}）启动不了：{reason}"), {"master": master, "reason": type(error).__name__}
    )
    remedy = Message(N_("本机运行需要 Java 17 或更新版本；用集群时请检查主节点的地址。"))
    return EngineError(Problem("spark.unavailable", message, remedy=remedy))


@contextmanager
def spark_errors(told: Callable[[Exception], EngineError]) -> Iterator[None]:
    """Turn what Spark raises into an error for people, which names no value."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise told(error) from error

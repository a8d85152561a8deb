"""Opens a session of Spark, and says what is missing where it cannot. pyspark is imported only here and then."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bangfu.core.errors import EngineError, Problem
from bangfu.core.messages import N_, Message

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[2]"

_STANDALONE = "spark://"
_QUIET = Path(__file__).with_name("spark_log.properties").as_uri()
_SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_QUIET}",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_QUIET_WORKERS = {"spark.executor.syncLogLevel.enabled": "true", "spark.log.level": "OFF"}
_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")


@contextmanager
def open_session(
    master: str = LOCAL, memory: str = "", settings: Mapping[str, str] | None = None
) -> Iterator[SparkSession]:
    """A session on a cluster's master, e.g. `spark://10.0.0.5:7077`, or on threads of this machine.

    `memory`: of the driver, e.g. "2GB". `settings`: Spark's own; for a cluster beyond this machine give
    `spark.driver.host` and `spark.driver.bindAddress`, under which the workers find it. Raises EngineError where
    pyspark, Java or the cluster is missing.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        remedy = Message(N_("请安装：pip install 'bangfu[spark]'"))
        raise EngineError(Problem("spark.missing", Message(N_("没有安装 Spark")), remedy=remedy)) from error
    options: dict[str, bool | float | int | str | None] = {**_SETTINGS}
    if not master.startswith("local"):
        options |= _QUIET_WORKERS
    if memory:
        options["spark.driver.memory"] = memory.lower().removesuffix("b")
    if master.startswith(_STANDALONE) and not _answers(master):
        raise _unreachable(master)
    with spark_errors(lambda error: _unavailable(master, error)):
        options |= settings or {}
        session = SparkSession.builder.master(master).appName("bangfu").config(map=options).getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _answers(master: str) -> bool:
    """Whether any of the masters takes a connection; Spark itself would try for a minute."""
    for address in master.removeprefix(_STANDALONE).split(","):
        host, _, port = address.rpartition(":")
        with suppress(OSError, ValueError), socket.create_connection((host, int(port)), timeout=5):
            return True
    return False


def _unavailable(master: str, error: Exception) -> EngineError:
    if "JAVA_GATEWAY_EXITED" not in str(error):
        return _unreachable(master)
    remedy = Message(N_("请安装 Java 17 或更新版本，并确认能运行 java 命令（或已设置 JAVA_HOME）。"))
    return EngineError(Problem("spark.java", Message(N_("Spark 需要 Java，但启动不了")), remedy=remedy))


def _unreachable(master: str) -> EngineError:
    message = Message(N_("连接不上 Spark（{master}）"), {"master": master})
    remedy = Message(N_("请检查主节点的地址，以及它与本机之间的网络。"))
    return EngineError(Problem("spark.unreachable", message, remedy=remedy))


@contextmanager
def spark_errors(told: Callable[[Exception], EngineError]) -> Iterator[None]:
    """Turn what Spark raises into an error for people. Its own words show values of a person: they are kept from
    the log and from the traceback."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.logger import PySparkLogger

    loggers = [PySparkLogger.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise told(error) from None
    finally:
        for logger, was_disabled in zip(loggers, before, strict=True):
            logger.disabled = was_disabled

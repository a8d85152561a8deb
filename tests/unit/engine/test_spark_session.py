"""What is said where Spark, its Java or its cluster is missing; none of these starts Java."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pyspark.errors import PySparkRuntimeError
from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from bangfu.core.engine.spark_session import open_session, spark_errors
from bangfu.core.errors import EngineError


class Builder:
    """Stands in for Spark's: notes what it is given, then fails or gives `self` as the session."""

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        self.options: dict[str, object] = {}
        self.is_stopped = False

    def master(self, address: str) -> Builder:
        self.options["master"] = address
        return self

    def appName(self, name: str) -> Builder:
        return self

    def config(self, map: dict[str, object]) -> Builder:  # noqa: A002 - Spark's own name
        self.options |= map
        return self

    def getOrCreate(self) -> Builder:
        if self.reason:
            raise PySparkRuntimeError(errorClass=self.reason, messageParameters={})
        return self

    def stop(self) -> None:
        self.is_stopped = True


@contextmanager
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_opened_with_settings_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    builder = Builder()
    monkeypatch.setattr(SparkSession, "builder", builder)
    with open_session(memory="2GB", settings={"spark.cores.max": "2"}) as session:
        assert session is builder  # type: ignore[comparison-overlap]
        assert not builder.is_stopped
    assert builder.is_stopped
    assert builder.options["master"] == "local[2]"
    assert builder.options["spark.driver.memory"] == "2g"
    assert builder.options["spark.cores.max"] == "2"
    assert "spark.log.level" not in builder.options


def test_workers_elsewhere_are_as_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    builder = Builder()
    monkeypatch.setattr(SparkSession, "builder", builder)
    with listening() as port, open_session(f"spark://127.0.0.1:1,127.0.0.1:{port}"):
        assert builder.options["spark.log.level"] == "OFF"


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(EngineError) as found, open_session():
        pass
    assert str(found.value) == "没有安装 Spark 请安装：pip install 'bangfu[spark]'"


def test_without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SparkSession, "builder", Builder("JAVA_GATEWAY_EXITED"))
    with pytest.raises(EngineError) as found, open_session():
        pass
    assert str(found.value) == (
        "Spark 需要 Java，但启动不了 请安装 Java 17 或更新版本，并确认能运行 java 命令（或已设置 JAVA_HOME）。"
    )


@pytest.mark.parametrize("address", ["spark://127.0.0.1:1", "spark://127.0.0.1", "spark://127.0.0.1:no"])
def test_no_master_answers(address: str) -> None:
    with pytest.raises(EngineError) as found, open_session(address):
        pass
    assert str(found.value) == f"连接不上 Spark（{address}） 请检查主节点的地址，以及它与本机之间的网络。"


def test_the_master_sends_us_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SparkSession, "builder", Builder("MASTER_URL_NOT_SET"))
    with pytest.raises(EngineError, match="连接不上 Spark（yarn）"), open_session("yarn"):
        pass


def test_what_spark_says_of_a_person_is_kept_from_log_and_traceback() -> None:
    logger = PySparkLogger.getLogger("SQLQueryContextLogger")
    told = EngineError.__new__(EngineError)

    def fail() -> None:
        with spark_errors(lambda error: told):
            assert logger.disabled
            raise PySparkRuntimeError(errorClass="MASTER_URL_NOT_SET", messageParameters={})

    with pytest.raises(EngineError) as found:
        fail()
    assert found.value is told
    assert found.value.__suppress_context__
    assert not logger.disabled

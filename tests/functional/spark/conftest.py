"""Java, sessions of Spark that start quickly, and a cluster of real processes on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bangfu.core.engine.spark_session import open_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[3]
LOOPBACK = "127.0.0.1"

# Compiling for minutes of work that lasts seconds is not worth it.
_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
QUICK = {"spark.driver.defaultJavaOptions": _QUICK}
WORKERS = 2
ON_BOTH = {
    "spark.cores.max": str(WORKERS),
    "spark.executor.cores": "1",
    "spark.executor.defaultJavaOptions": _QUICK,
    "spark.executor.memory": "512m",
    "spark.scheduler.maxRegisteredResourcesWaitingTime": "60s",
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",  # no job starts before both are there
}


@pytest.fixture(scope="session")
def java() -> None:
    """Java is there, installed if need be."""
    subprocess.run(["bash", ROOT / "scripts" / "system_packages.sh", "java"], check=True)


@pytest.fixture(scope="module")
def local(java: None) -> Iterator[SparkSession]:
    """Spark on two threads of this machine."""
    with open_session(settings=QUICK) as session:
        yield session


@pytest.fixture(scope="module")
def master(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a standalone master with two workers, each a process of its own."""
    folder = tmp_path_factory.mktemp("cluster")
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    address = f"spark://{LOOPBACK}:{port}"
    with ExitStack() as running:
        start(running, folder / "master", "Master", "--port", str(port))
        for number in range(WORKERS):
            work = folder / f"worker{number}"
            start(
                running, work, "Worker", "--cores", "1", "--memory", "512m", "--work-dir", str(work), address
            )
        yield address


def start(running: ExitStack, log: Path, name: str, *arguments: str) -> None:
    """Start a daemon of Spark, and wait until it says that it is ready; it ends with `running`."""
    import pyspark

    home = Path(pyspark.__file__).parent
    command = [home / "bin" / "spark-class", f"org.apache.spark.deploy.{name.lower()}.{name}"]
    command += ["--host", LOOPBACK, "--webui-port", "0", *arguments]
    environment = {"PATH": os.environ["PATH"], "SPARK_HOME": str(home), "SPARK_LOCAL_IP": LOOPBACK}
    environment |= {"SPARK_DAEMON_JAVA_OPTS": _QUICK, "SPARK_DAEMON_MEMORY": "256m"}
    with log.with_suffix(".log").open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    running.callback(process.wait, 20)
    running.callback(process.terminate)
    for _ in range(600):
        said = log.with_suffix(".log").read_text()
        if "New state: ALIVE" in said or "Successfully registered with master" in said:
            return
        assert process.poll() is None, said
        time.sleep(0.1)
    raise AssertionError(said)


@pytest.fixture(scope="module")
def cluster(master: str) -> Iterator[SparkSession]:
    """A session on the cluster."""
    with open_session(master, settings=QUICK | ON_BOTH) as session:
        yield session

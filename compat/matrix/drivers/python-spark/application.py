"""PySpark's structured streaming as an application; see ../../DRIVERS.md. Its checkpoint holds the position."""

import signal
import sys
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, upper

bootstrap, source, sink, _group = sys.argv[1:]
jars = ",".join(map(str, Path(sys.prefix).glob("jars/*.jar")))
session = (
    SparkSession.builder.master("local[1]")
    .config("spark.jars", jars)
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "1")
    .getOrCreate()
)
kafka = {"kafka.bootstrap.servers": bootstrap}
records = session.readStream.format("kafka").options(**kafka, subscribe=source, startingOffsets="earliest").load()
changed = records.select("key", upper(col("value").cast("string")).alias("value"))
query = changed.writeStream.format("kafka").options(**kafka, topic=sink, checkpointLocation="checkpoint").start()

stopping: list[int] = []
signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
while not stopping:
    query.awaitTermination(1)
query.stop()
session.stop()

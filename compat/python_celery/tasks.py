"""A Celery application with a topic as its queue. The environment names BOOTSTRAP, QUEUE and the file DONE."""

import os
from pathlib import Path

from celery import Celery

app = Celery("tasks", broker=f"confluentkafka://{os.environ['BOOTSTRAP']}")
app.conf.update(task_default_queue=os.environ["QUEUE"], worker_enable_remote_control=False)


@app.task
def note(number: int) -> None:
    """Append the number to the file DONE."""
    with Path(os.environ["DONE"]).open("a") as done:
        done.write(f"{number}\n")


if __name__ == "__main__":
    for number in range(int(os.environ["FIRST"]), int(os.environ["LAST"])):
        note.delay(number)

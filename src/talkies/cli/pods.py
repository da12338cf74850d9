"""`talkies pods`: the remote machines that render."""

from typing import Annotated

import typer

from talkies.cli import service_flags
from talkies.cli.groups import group
from talkies.cli.sections import Sectioned

app = group(
    "List, watch, start and stop the remote machines that render.\n\nPODS, "
    "SADTALKER_RUNPOD_ENDPOINTS and RUNPOD_API_KEY name them. What is shown is what the workers "
    "see; where none runs, every pod is asked from here."
)

Look = Annotated[
    bool, typer.Option("--look", help="Ask every pod from here, whatever the workers see.")
]
Every = Annotated[
    float,
    typer.Option("--every", help="Between two looks; 2.", metavar="SECONDS", min=0.1),
]


@app.command("list", cls=Sectioned)
def list_(
    look: Look = False,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """List the pods: what they render with, how they are, what they last did wrong."""
    from talkies.cli import operating, pod_work  # noqa: PLC0415 - the service is slow to load

    pod_work.list_pods(operating.Target(data_dir, database_url, json), look=look)


@app.command(cls=Sectioned)
def watch(
    look: Look = False,
    every: Every = 2.0,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """List them again whenever something changes, until Ctrl-C."""
    from talkies.cli import operating, pod_work  # noqa: PLC0415 - the service is slow to load

    target = operating.Target(data_dir, database_url, json)
    pod_work.watch_pods(target, look=look, seconds=every)


@app.command(cls=Sectioned)
def start(
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Start one more pod at RunPod, where POD_MAX and RUNPOD_ALLOW_CREATE allow it.

    It is stopped like the others when it has nothing to do for POD_IDLE_MINUTES.
    """
    from talkies.cli import operating, pod_work  # noqa: PLC0415 - the service is slow to load

    pod_work.start_pod(operating.Target(data_dir, database_url, json))


@app.command(cls=Sectioned)
def stop(
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Stop every pod that we started at RunPod, also those at work.

    Workers start new ones for the jobs that wait: end the workers before, or set
    RUNPOD_ALLOW_CREATE=false.
    """
    from talkies.cli import operating, pod_work  # noqa: PLC0415 - the service is slow to load

    pod_work.stop_pods(operating.Target(data_dir, database_url, json))

"""`talkies weights`: what models are made of, brought to this machine and kept whole."""

from talkies.cli import engine_flags, flags, weights_flags
from talkies.cli.groups import group
from talkies.cli.root_flags import Root
from talkies.cli.sections import Sectioned

app = group(
    "Download, list and verify weights of engines.\n\nThey lie in the folder weights of --root, "
    "or in --weights (MODEL_STORAGE_PATH), one folder an engine."
)


@app.command(cls=Sectioned)
def pull(  # noqa: PLR0917 - a command's parameters are its options
    engine: engine_flags.EngineId,
    variant: engine_flags.Variant = None,
    root: Root = None,
    weights: weights_flags.Weights = None,
    verify: weights_flags.Verify = False,
    endpoint: weights_flags.Endpoint = None,
    token: weights_flags.Token = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Download what an engine's weights lack.

    Only the files that the variant needs, each checked against its SHA-256 before it gets its
    name. What is there is kept and not asked for again. After a stop, a cut or a kill the same
    command goes on where it was. Room on the disk is looked at first.
    """
    from talkies.cli import weights_work  # noqa: PLC0415 - help and completion stay quick

    place = weights_work.Place(root, weights, json)
    network = weights_work.Network(endpoint, token)
    weights_work.pull(place, engine, variant, network, thorough=verify, quiet=quiet)


@app.command("list", cls=Sectioned)
def list_(
    root: Root = None, weights: weights_flags.Weights = None, json: flags.AsJson = False
) -> None:
    """List what there is, what is here, and how large.

    Sizes of what is not here are estimates.
    """
    from talkies.cli import weights_work  # noqa: PLC0415 - help and completion stay quick

    weights_work.list_weights(weights_work.Place(root, weights, json))


@app.command("verify", cls=Sectioned)
def verify_(
    engine: engine_flags.EngineId,
    variant: engine_flags.Variant = None,
    root: Root = None,
    weights: weights_flags.Weights = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Read weights whole, and compare them with what came.

    The network is not asked. `talkies weights pull ENGINE --verify` brings damaged files again.
    """
    from talkies.cli import weights_work  # noqa: PLC0415 - help and completion stay quick

    place = weights_work.Place(root, weights, json)
    weights_work.verify(place, engine, variant, quiet=quiet)

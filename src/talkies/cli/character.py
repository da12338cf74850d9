"""`talkies character`: rigs of drawings, brought here, looked at, and published."""

from importlib import import_module

from talkies.cli import character_build_flags as build_options
from talkies.cli import character_flags as options
from talkies.cli import flags
from talkies.cli.groups import group
from talkies.cli.sections import Sectioned

app = group(
    "Build, import, publish, list and remove characters.\n\nA character is a folder of drawings: "
    "expressions, poses, and what is between them. Commands know those in the folder characters "
    "of --root, or in CHARACTERS_DIR, by name."
)


@app.command(cls=Sectioned)
def build(  # noqa: PLR0917 - a command's parameters are its options
    drawing: build_options.Drawing = None,
    base_image: build_options.BaseImage = None,
    name: build_options.BuiltName = None,
    size: build_options.Size = None,
    background: build_options.Behind = "transparent",
    points: build_options.Points = None,
    face: build_options.FaceNumber = None,
    image_edit: build_options.ImageEdit = False,
    max_workers: build_options.MaxWorkers = None,
    overwrite: build_options.Anew = False,
    dry_run: build_options.DryBuild = False,
    config: build_options.Words = None,
    max_depth: build_options.MaxDepth = 3,
    skip_tilts: build_options.SkipTilts = False,
    skip_extremes: build_options.SkipExtremes = False,
    skip_sequences: build_options.SkipWays = False,
    root: options.Home = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Build a character from one drawing, painting or photo of a face.

    Draws every expression in every pose, and what is between them, by moving the drawing itself.
    Look at contact-sheet.jpg in its folder. After a stop or a kill the same command goes on where
    it was.
    """
    # The work is slow to load, and help and completion stay quick.
    import_module("talkies.cli.character_build").build(dict(locals()))


@app.command("import", cls=Sectioned)
def import_(  # noqa: PLR0917 - a command's parameters are its options
    source: options.Source,
    name: options.NewName = None,
    config: options.Config = None,
    key_color: options.KeyColor = "auto",
    region: options.Region = "us-east-1",
    endpoint: options.Endpoint = None,
    profile: options.Profile = None,
    overwrite: options.Overwrite = False,
    root: options.Home = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Make a character of somebody's frames.

    They have names such as endpoints/happy_soft__center.png and
    sequences/neutral_to_happy_soft__center/050.png; what is missing is told of, and done without.
    They are copied as they are, decoded once, and the key colour becomes transparent.
    """
    from talkies.cli import buckets, character_import  # noqa: PLC0415 - help and completion stay quick

    order = character_import.ImportOrder(
        source, name, config, key_color, overwrite=overwrite, root=root
    )
    service = buckets.S3Service(region, endpoint, profile)
    character_import.import_character(order, service, as_json=json, quiet=quiet)


@app.command(cls=Sectioned)
def publish(  # noqa: PLR0917 - the same
    character: options.Name,
    bucket: options.Bucket,
    region: options.Region = "us-east-1",
    prefix: options.Prefix = "frames/",
    endpoint: options.Endpoint = None,
    profile: options.Profile = None,
    dry_run: options.DryRun = False,
    upload_config: options.UploadConfig = False,
    skip_sequences: options.SkipSequences = False,
    skip_endpoints: options.SkipEndpoints = False,
    root: options.Home = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Send a character's frames to a bucket, for players and a CDN.

    Only what is not there yet, or is there otherwise, is sent; run it again after a stop.
    Drawings may be kept for a year by whoever reads them.
    """
    from talkies.cli import buckets, character_place, character_publish  # noqa: PLC0415 - the same

    service = buckets.S3Service(region, endpoint, profile)
    chosen = character_publish.Chosen(
        prefix,
        dry_run=dry_run,
        upload_config=upload_config,
        skip_sequences=skip_sequences,
        skip_endpoints=skip_endpoints,
    )
    folder = character_place.character_folder(character, root)
    character_publish.publish_character(folder, bucket, service, chosen, as_json=json, quiet=quiet)


@app.command("list", cls=Sectioned)
def list_(root: options.Home = None, json: flags.AsJson = False) -> None:
    """List the characters of this machine."""
    from talkies.cli import character_work  # noqa: PLC0415 - help and completion stay quick

    character_work.list_characters(root, as_json=json)


@app.command(cls=Sectioned)
def show(character: options.Name, root: options.Home = None, json: flags.AsJson = False) -> None:
    """Show what a character has and what it lacks.

    What is odd about its files stands on the error stream.
    """
    from talkies.cli import character_work  # noqa: PLC0415 - help and completion stay quick

    character_work.show_character(character, root, as_json=json)


@app.command(cls=Sectioned)
def remove(character: options.Name, root: options.Home = None, json: flags.AsJson = False) -> None:
    """Remove a character with all its drawings.

    Files in its folder that are no part of a character stay.
    """
    from talkies.cli import character_work  # noqa: PLC0415 - help and completion stay quick

    character_work.remove_character(character, root, as_json=json)

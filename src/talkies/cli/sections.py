"""Help pages whose options stand in named groups, in plain text."""

from typing import Any

from typer.core import TyperCommand

#: Group of options that name none.
COMMON = "Options"


class Sectioned(TyperCommand):
    """A command whose options are listed under their `rich_help_panel`, without Rich."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The pieces of the usage line; what is required stands without brackets."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options, group by group in the order of their first option."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            panel = getattr(parameter, "rich_help_panel", None)
            argument = parameter.param_type_name == "argument"
            groups.setdefault(panel or ("Arguments" if argument else COMMON), []).append(record)
        for name in sorted(groups, key=lambda name: name == COMMON):
            with formatter.section(name):
                formatter.write_dl(groups[name])

"""The documentation as one page: rendered here, with no script and nothing from elsewhere."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any, Final

Document = Mapping[str, Any]

STYLE: Final = files("talkies.api").joinpath("docs.css").read_text()

#: Methods in the order in which the page shows them.
METHODS: Final = ("get", "post", "put", "patch", "delete")

#: What is set apart as code in a description.
CODE: Final = re.compile(r"`([^`]+)`")


def rendered(api: Document) -> str:
    """The page for an OpenAPI document."""
    by_tag = _by_tag(api)
    info = api["info"]
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in by_tag)
    sections = "".join(_section(api, tag, found) for tag, found in by_tag.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        f"<header><h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
        f"{_prose(info['description'])}"
        '<p>The same for machines: <a href="/openapi.json">openapi.json</a> (OpenAPI '
        f"{escape(api['openapi'])}).</p><nav>{links}</nav></header>"
        f"<main>{sections}<footer>{escape(info.get('summary', ''))}</footer></main></body></html>"
    )


def _by_tag(api: Document) -> Mapping[str, list[tuple[str, str, Document]]]:
    """Method, path and operation, by the first tag."""
    found: defaultdict[str, list[tuple[str, str, Document]]] = defaultdict(list)
    for path, methods in api["paths"].items():
        for method in METHODS:
            if method in methods:
                tag = (methods[method].get("tags") or ["other"])[0]
                found[tag].append((method, path, methods[method]))
    return found


def _section(api: Document, tag: str, found: Iterable[tuple[str, str, Document]]) -> str:
    operations = "".join(_operation(api, *each) for each in found)
    return f'<section id="{escape(tag)}"><h2>{escape(tag)}</h2>{operations}</section>'


def _operation(api: Document, method: str, path: str, operation: Document) -> str:
    parts = (
        _prose(operation.get("description", "")),
        _parameters(api, operation.get("parameters", ())),
        _body(api, operation.get("requestBody", {})),
        _responses(operation["responses"]),
    )
    return (
        '<details class="operation"><summary>'
        f'<b class="method {method}">{method.upper()}</b><code>{escape(path)}</code>'
        f"<span>{escape(operation.get('summary', ''))}</span></summary>"
        f"<div>{''.join(parts)}</div></details>"
    )


def _parameters(api: Document, parameters: Iterable[Document]) -> str:
    rows = [
        _row(f"{each['name']}", f"{each['in']}, {_type(api, each['schema'])}", _about(each))
        for each in parameters
    ]
    return f"<h3>Parameters</h3>{_table(rows)}" if rows else ""


def _body(api: Document, body: Document) -> str:
    return "".join(_media(api, kind, media) for kind, media in body.get("content", {}).items())


def _media(api: Document, kind: str, media: Document) -> str:
    schema = _resolved(api, media.get("schema", {}))
    rows = [
        _row(name, _type(api, field), _about(field))
        for name, field in schema.get("properties", {}).items()
    ]
    return f"<h3>Body: {escape(kind)}</h3>{_table(rows)}{_examples(media)}"


def _responses(responses: Document) -> str:
    rows = [
        _row(status, ", ".join(answer.get("content", {})), _prose(answer.get("description", "")))
        for status, answer in sorted(responses.items())
    ]
    return f"<h3>Answers</h3>{_table(rows)}"


def _examples(media: Document) -> str:
    return "".join(
        f"<p>{escape(each.get('summary', ''))}</p><pre>{escape(_pretty(each['value']))}</pre>"
        for each in media.get("examples", {}).values()
    )


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _about(field: Document) -> str:
    return _prose(field.get("description", ""))


def _type(api: Document, schema: Document) -> str:
    """A few words for a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(_type(api, choice) for choice in choices)
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    name = str(schema.get("format", schema.get("type", "any")))
    return f"{name} of {_type(api, schema['items'])}" if "items" in schema else name


def _resolved(api: Document, schema: Document) -> Document:
    if "$ref" not in schema:
        return schema
    found: Document = api["components"]["schemas"][str(schema["$ref"]).rpartition("/")[2]]
    return found


def _row(name: str, kind: str, about: str) -> str:
    return (
        f"<tr><th><code>{escape(name)}</code></th>"
        f'<td class="type">{escape(kind)}</td><td>{about}</td></tr>'
    )


def _table(rows: Iterable[str]) -> str:
    return f"<table>{''.join(rows)}</table>"


def _prose(text: str) -> str:
    """Paragraphs, and code where the text has backticks."""
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    marked = (CODE.sub(r"<code>\1</code>", escape(part, quote=False)) for part in paragraphs)
    return "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in marked)

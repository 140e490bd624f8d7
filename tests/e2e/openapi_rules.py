"""What OpenAPI 3.1 asks of a document, as far as ours uses it: breaches(document) lists what is
wrong. Written here because no package of Debian 12 knows 3.1."""

import re

import jsonschema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
TEXT = {"type": "string", "minLength": 1}


def strict(properties, required=()):
    """An object of the specification: these members, and extensions."""
    return {"type": "object", "properties": properties, "required": list(required),
            "patternProperties": {"^x-": {}}, "additionalProperties": False}


def part(name):
    return {"$ref": f"#/$defs/{name}"}


def or_reference(name):
    return {"if": {"required": ["$ref"]}, "then": part("reference"), "else": part(name)}


def table(name, keys=".+"):
    return {"type": "object", "patternProperties": {keys: name}, "additionalProperties": False}


COMMON = {"description": TEXT, "required": {"type": "boolean"}, "deprecated": {"type": "boolean"},
          "schema": part("schema"), "example": {}, "examples": table({"type": "object"})}
RULES = {
    **strict({"openapi": {"type": "string", "pattern": r"^3\.1\.\d+$"}, "info": part("info"),
              "servers": {"type": "array", "minItems": 1, "items": part("server")},
              "tags": {"type": "array", "items": strict({"name": TEXT, "description": TEXT},
                                                        ["name"])},
              "security": {"type": "array", "items": part("security")},
              "paths": table(part("path"), "^/"), "components": part("components")},
             ["openapi", "info", "paths"]),
    "$defs": {
        "reference": strict({"$ref": {"type": "string", "pattern": "^#/components/"},
                             "summary": TEXT, "description": TEXT}, ["$ref"]),
        "info": strict({"title": TEXT, "version": TEXT, "summary": TEXT, "description": TEXT,
                        "license": strict({"name": TEXT, "identifier": TEXT}, ["name"])},
                       ["title", "version"]),
        "server": strict({"url": TEXT, "description": TEXT}, ["url"]),
        "security": {"type": "object", "additionalProperties": {"type": "array", "maxItems": 0}},
        "path": strict({method: part("operation") for method in METHODS}),
        "operation": strict(
            {"tags": {"type": "array", "items": TEXT}, "operationId": TEXT, "summary": TEXT,
             "description": TEXT, "security": {"type": "array", "items": part("security")},
             "parameters": {"type": "array", "items": or_reference("parameter")},
             "requestBody": or_reference("request"),
             "responses": {**table(or_reference("response"), "^([1-5][0-9][0-9]|default)$"),
                           "minProperties": 1}},
            ["tags", "operationId", "summary", "description", "security", "responses"]),
        "parameter": {**strict({**COMMON, "name": TEXT,
                                "in": {"enum": ["path", "query", "header", "cookie"]}},
                               ["name", "in", "schema"]),
                      "if": {"properties": {"in": {"const": "path"}}},
                      "then": {"properties": {"required": {"const": True}},
                               "required": ["required"]}},
        "request": strict({"description": TEXT, "required": {"type": "boolean"},
                           "content": part("content")}, ["content"]),
        "response": strict({"description": TEXT, "headers": table(or_reference("header")),
                            "content": part("content")}, ["description"]),
        "header": strict(COMMON, ["schema"]),
        "content": table(strict({"schema": part("schema"), "example": {}, "examples": {}},
                                ["schema"]), "^[a-z]+/[a-z0-9.+-]+$"),
        "schema": {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        "components": strict({
            "securitySchemes": table({"type": "object", "required": ["type"], "oneOf": [
                strict({"type": {"const": "http"}, "scheme": TEXT, "bearerFormat": TEXT,
                        "description": TEXT}, ["scheme"]),
                strict({"type": {"const": "apiKey"}, "in": {"enum": ["query", "header", "cookie"]},
                        "name": TEXT, "description": TEXT}, ["in", "name"])]}),
            "parameters": table(part("parameter")), "headers": table(part("header")),
            "responses": table(part("response")), "schemas": table(part("schema"))}),
    },
}


def resolve(document, value):
    """What a reference stands for, or the value itself."""
    while isinstance(value, dict) and set(value) == {"$ref"}:
        found = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def validator(document, schema):
    return jsonschema.Draft202012Validator(
        schema, resolver=jsonschema.RefResolver("", document),
        format_checker=jsonschema.FormatChecker())


def walk(value, trail=""):
    yield trail, value
    items = value.items() if isinstance(value, dict) else (
        enumerate(value) if isinstance(value, list) else ())
    for key, item in items:
        yield from walk(item, f"{trail}/{key}")


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def broken_references(document):
    used = set()
    for trail, value in walk(document):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            used.add(value["$ref"])
            try:
                resolve(document, {"$ref": value["$ref"]})
            except KeyError:
                yield f"{trail}: nothing is at {value['$ref']}"
    for kind in ("parameters", "headers", "responses", "schemas"):
        for name in document["components"].get(kind, {}):
            if f"#/components/{kind}/{name}" not in used:
                yield f"components/{kind}/{name} is used by nothing"


def broken_operations(document):
    names = set()
    tags = {tag["name"] for tag in document.get("tags", [])}
    schemes = set(document["components"].get("securitySchemes", {}))
    for method, path, operation in operations(document):
        about = f"{method} {path}"
        if operation["operationId"] in names:
            yield f"{about}: its operationId is another's, too"
        names.add(operation["operationId"])
        parameters = [resolve(document, item) for item in operation.get("parameters", [])]
        placed = [(item["in"], item["name"]) for item in parameters]
        if len(set(placed)) < len(placed):
            yield f"{about}: a parameter stands there twice"
        in_path = {name for place, name in placed if place == "path"}
        if in_path != set(re.findall(r"\{([^}]+)\}", path)):
            yield f"{about}: the parameters of the path are others"
        yield from (f"{about}: no tag {tag}" for tag in set(operation["tags"]) - tags)
        for requirement in operation["security"]:
            yield from (f"{about}: no security scheme {name}" for name in set(requirement) - schemes)


def broken_examples(document):
    for trail, value in walk(document):
        if not isinstance(value, dict):
            continue
        schema = value.get("schema", value)
        examples = [value["example"]] if "example" in value and "schema" in value else []
        if isinstance(value.get("examples"), list):
            examples += value["examples"]
        for example in examples:
            for error in validator(document, schema).iter_errors(example):
                yield f"{trail}: an example: {error.message}"


def breaches(document):
    found = [f"{'/'.join(map(str, error.path))}: {error.message}"
             for error in jsonschema.Draft202012Validator(RULES).iter_errors(document)]
    if not found:
        found = [*broken_references(document), *broken_operations(document),
                 *broken_examples(document)]
    return found

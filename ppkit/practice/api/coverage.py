"""What is imitated of OpenAI's API: the page docs/practice_coverage.md, made from the routes.

python -m ppkit.practice.api.coverage > docs/practice_coverage.md
"""

from __future__ import annotations

import sys

from ppkit.look.texts import Texts
from ppkit.practice.api import chat_request, embeddings, image_request, moderations, response_request
from ppkit.practice.api.operations import model_names, nameless, operations
from ppkit.practice.api.organization.routes import NEVER_USED
from ppkit.practice.api.routes import ROUTES
from ppkit.practice.faults import FAULTS, Fault, Stage
from ppkit.practice.models import WEB_SEARCH_ITEM, practice_models
from ppkit.practice.tool_wishes import MOST_SEARCHES, SHARED_WORDS, SHORTEST_WORD, STEM

IMITATED = "imitated"
SIMPLIFIED = {
    "/chat/completions": "texts are composed, not generated; function tools only, called by the rule below;"
    " no audio, no log probabilities, no web search",
    "/responses": "texts are composed; function tools and `web_search`, called by the rule below; reasoning"
    " is a number of tokens and, where wished, a summary of one sentence; no `conversation` or `prompt`"
    " objects; the latest 2,000 stored answers are kept",
    "/responses/{response_id}": "any stored response can be streamed again, with `starting_after` too; one"
    " that is under way shows no output before it is done",
    "/responses/{response_id}/cancel": "bills the input and what was written, and says so in `usage`",
    "/chat/completions/{completion_id}/messages": "the role is always `assistant`, as in the SDK's types,"
    " whoever said it",
    "/images/generations": "pictures carry the prompt on a designed background; png, jpeg and webp; `auto`"
    " means medium quality and 1024x1024",
    "/images/edits": "the pictures sent along are checked, counted and billed; the prompt alone is drawn",
    "/embeddings": "vectors are made of words and letters: stable, of unit length, nearer for nearer texts",
    "/moderations": "free; by plain lists of Italian and English words",
    "/organization/costs": "up to date at once; the real figures may lag by minutes to hours",
}
PLAIN = {("GET", "/chat/completions"), ("DELETE", "/responses/{response_id}")}
"""Routes that only share their path with a simplified one."""
ALWAYS_EMPTY = "always empty: the practice platform has no such calls"
PREAMBLE = """# What the practice platform imitates

Generated from the routes by `python -m ppkit.practice.api.coverage`; a test keeps it true. The official
`openai` SDK is the examiner: every route below is called through it in the tests, and every answer is held
strictly against the SDK's own types (nothing required missing, nothing unknown).

Texts and pictures are marked as practice, `owned_by` is `practice-platform`, `system_fingerprint` is
`fp_practice`, and every answer has the header `x-practice-platform: true`. Nothing is forwarded anywhere.
"""
LEFT_OUT = """Answered with status 501 and the code `not_in_practice`, in OpenAI's envelope. The list is made
from OpenAI's own document and the operations of the installed SDK (`scripts/operations.py`)."""
PARAMETERS = """Parameters that OpenAI's API takes there and that are answered in the same way:
"""
DIFFERENCES = """
## Known differences

- Token counts are plausible, not those of a tokenizer, and never more than the bytes of the request's body
  (unless part of the input lies elsewhere, as with `previous_response_id`).
- Prices are the list of 2026-11-23; the multipliers of flex and priority apply to cached tokens too.
- Rates are counted in whole minutes and days (UTC), not in a rolling window; the limits are out of the way
  (30,000 requests a minute) until a project's are lowered.
- Streamed responses carry no `obfuscation`: the SDK's types do not know it there.
- The wording of the three spend and usage limit errors is ours; their status, type and codes are OpenAI's.
- Spend limits and credit are enforced at once: what calls under way will cost counts as spent, so calls in
  parallel are let in as if they came one after the other. The last one let in may pass a limit by its own
  price. The failure `late_limits` rehearses that the real ones act late.
- `enforcement.status` of a spend limit can be read in two ways, and OpenAI's document leaves both open. Here
  it says `enforcing` while the limit is used up and blocks calls; the failure `limit_status_as_switch`
  rehearses the other reading, `enforcing` as soon as the limit is switched to block.
- A conversation with function calls is held to OpenAI's rules; the sentences on duplicate calls and outputs
  of `/responses` are ours, and so are those on `background` without `store`, on a stream of a cancelled
  response, and on going on from a response that is not done.
- A streamed answer that is cut off is billed for what was sent until then.
- There is no CORS: no answer has `access-control-…` headers and `OPTIONS` is answered with 405, so that no
  page elsewhere can use the learner's account. OpenAI's own API lets browsers in.
- Nothing is ever fetched. The address of a picture on the web is taken as if a picture of 1024 x 1024 had
  been found there; one that can't be on the web (loopback, private networks, other schemes, reserved names)
  is answered as a failed download. Data URLs and uploads are looked into; a picture by its `file_id` is left
  out.
- A request body is JSON in UTF-8 up to 16 MB, a form up to 50 MB in all; other content types and compressed
  bodies are refused with 400.
- Structured answers fit their schema; strings and numbers go by the name, description, format and pattern of
  their field. Patterns that look around themselves or are not Python's may not be met. With `json_object` the
  shape is that of a schema, an example or a list of keys in the prompt, else `{"text": …}`.
- Moderation goes by plain lists of Italian and English words; pictures are only looked at for being pictures.
- An invitation is accepted in the console, in the invited person's place. The learner is an owner of the
  organization and of every project, and can't be moved or removed. Members make no keys of their own here.
- At most 1,000 projects, keys of a kind and invitations.
"""

TOOLS = f"""## Tools

Functions are called by a rule that a lesson can rely on. With `tool_choice: "auto"` the model calls each
function that the user's last message wishes for:

- the message has its name, as it is written or by its words (`get_weather`: "the weather"; verbs such as get,
  find, search do not count), or
- the message and the function's description share {SHARED_WORDS} telling words, or half of the description's.
  Words of {SHORTEST_WORD} letters or more count, by their first {STEM} letters.

Several are called at once unless `parallel_tool_calls` is false; then the first. A function that has been
called since the user spoke last is not called again, so agents come to an end: the next answer is in words.
`required` calls what is wished for, else the first one allowed; a function named in `tool_choice` is called
each time. The arguments fit the function's schema.

`web_search` (on `/responses`): the web is searched once for each sentence of the message that asks for it
("search the web", "latest news", "cerca"), at most {MOST_SEARCHES} times and `max_tool_calls` times.
Nothing is fetched: the source is a page of example.com that does not exist. A search costs 0.01 USD, is the
line `{WEB_SEARCH_ITEM}` in the costs, and counts in `tool_usage` and in the usage of web searches.
Unlike on the real platform, what it finds adds no input tokens, but for the 8,000 a search that two mini
models are billed. Other hosted tools are answered with 501.

## In the background

A response with `background` is queued for a second, then works for two seconds or longer, by the practice
clock: moving the clock forward finishes it, and `slow_background` makes it last ten minutes. It is billed
once, as of the moment when it is done, whether or not anybody asks; a restart of the platform loses nothing.
A stream can be left and taken up again with `starting_after`; one that is cancelled just ends.
"""

DOCUMENT = """## Differences from OpenAI's document

Where the environment variable `PPKIT_OPENAPI_DOCUMENT` names OpenAI's own OpenAPI document, every answer and
stream event of the tests is also held against it. Known differences, each on purpose:
"""
DOCUMENT_DIFFERENCES: dict[str, str] = {
    r"/responses.*\.user: None is not of type 'string'": (
        "a response's `user` is null where none was given, as in the document's own examples; its"
        " schema knows a text only"
    ),
    r"/images/.*\.(size|quality): '[^']+' is not one of": (
        "sizes of any measure and the qualities of gpt-image-2.5 are newer than the document"
    ),
    r"/embeddings 200: \$\.data\[\d+\]\.embedding: '": (
        "vectors are base64 where `encoding_format` asks for it; the schema knows numbers only"
    ),
    r"/messages 200: \$\.data\[\d+\]\.role: '\w+' is not one of \['assistant'\]": (
        "stored messages have the role that was given, as in the document's own examples; its schema (and the"
        " SDK's type) know an assistant's only"
    ),
    r"GET /models.* 403: \$\.error: ": (
        "a restricted key is refused at `GET /v1/models` with a plain text as `error`, as the real platform"
        " was seen to do"
    ),
    r"/chat/completions 200: \$\.(first|last)_id: None": "an empty list has no first and no last id",
    r"POST /chat/completions 200: \$: 'choices' is a required property": (
        "an error in the middle of a stream comes in the envelope of errors; the schema knows chunks only"
    ),
}
"""Where an answer differs from OpenAI's own document on purpose: what the check says, and the reason."""
FAILURES = """## Failures to rehearse

By `ppkit practice fault NAME on` or in the console. Others come about by what one does: a key that is
revoked, has expired or leaked, restricted rights, a wrong organization or project header, an archived
project, a model that has been shut down or is not allowed, no credit, spend limits, lowered rate limits.
`tests/practice/failures.py` lists them all with the answers they get. What waits for verification goes on for
15 minutes after it. Failures of TLS and of name look-up cannot be played: the wire is plain HTTP on loopback.
"""
WHERE: dict[Stage, str] = {
    "arrival": "every call, before the key is looked at",
    "signed_in": "every call",
    "rights": "where the key's rights are checked",
    "model": "texts",
    "rate": "calls that generate",
    "money": "calls that generate",
    "text_stream": "streamed texts",
    "reasoning_summary": "responses with a reasoning summary",
    "image": "images",
    "elsewhere": "",
}


def coverage_page() -> str:
    """The page as Markdown."""
    rows = [f"| {method} | `/v1{path}` | {_state(method, path)} |" for method, path, _handler in ROUTES]
    models = ", ".join(f"`{name}`" for name in practice_models().names())
    return "\n".join(
        [
            PREAMBLE,
            "| Method | Route | State |",
            "| --- | --- | --- |",
            *rows,
            "",
            "## Left out",
            "",
            LEFT_OUT,
            *(f"- `{name}`: {', '.join(paths)}" for name, paths in left_out().items()),
            "",
            PARAMETERS,
            *(f"- `{name}`: {', '.join(names)}" for name, names in parameters_left_out().items()),
            DIFFERENCES,
            TOOLS,
            DOCUMENT,
            *(f"- {reason}." for reason in DOCUMENT_DIFFERENCES.values()),
            "",
            "## Models",
            "",
            models + ".",
            "",
            "The SDK names these too, which are not here: "
            + ", ".join(f"`{name}`" for name in sorted(model_names() - practice_models().every_name()))
            + ".",
            "",
            FAILURES,
            "| Failure | What happens | Strikes | Answer |",
            "| --- | --- | --- | --- |",
            *(_failure(name, fault) for name, fault in FAULTS.items()),
            "",
        ]
    )


def left_out() -> dict[str, list[str]]:
    """Operations of OpenAI's API that are answered with 501, by the first part of their path."""
    here = {f"{method} {nameless(path)}" for method, path, _handler in ROUTES}
    found: dict[str, list[str]] = {}
    for name in operations():
        method, _, path = name.partition(" ")
        if name not in here:
            parts = path.split("/")
            beginning = "/".join(parts[: 3 if parts[1] == "organization" else 2])
            found.setdefault(f"/v1{beginning}", []).append(
                f"{method} `{path.removeprefix(beginning) or '/'}`"
            )
    return found


def parameters_left_out() -> dict[str, list[str]]:
    """Parameters that the SDK sends to imitated operations and that are answered with 501."""
    known = {
        "POST /chat/completions": chat_request.KNOWN - set(chat_request.NOT_IMITATED),
        "POST /responses": response_request.KNOWN - set(response_request.NOT_IMITATED),
        "POST /images/generations": image_request.GENERATING,
        "POST /images/edits": image_request.EDITING,
        "POST /embeddings": embeddings.KNOWN,
        "POST /moderations": moderations.KNOWN,
    }
    sent = operations()
    return {
        name: [f"`{one}`" for one in sorted(sent[name] - taken)]
        for name, taken in known.items()
        if sent[name] - taken
    }


def _failure(name: str, fault: Fault) -> str:
    answer = f"{fault.status} `{fault.code or 'null'}`, `{fault.kind}`" if fault.status else ""
    return f"| `{name}` | {Texts('en')(f'console.fault.{name}')} | {WHERE[fault.stage]} | {answer} |"


def _state(method: str, path: str) -> str:
    if path.removeprefix("/organization/usage/") in NEVER_USED:
        return ALWAYS_EMPTY
    simplified = path in SIMPLIFIED and (method, path) not in PLAIN
    return f"simplified: {SIMPLIFIED[path]}" if simplified else IMITATED


if __name__ == "__main__":
    sys.stdout.write(coverage_page())

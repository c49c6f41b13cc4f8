"""What is imitated of OpenAI's API: the page docs/practice_coverage.md, made from the routes.

python -m ppkit.practice.api.coverage > docs/practice_coverage.md
"""

from __future__ import annotations

import sys

from ppkit.look.texts import Texts
from ppkit.practice.api.routes import NOT_IMITATED, PROJECT_PARTS, ROUTES
from ppkit.practice.faults import FAULTS, Fault, Stage
from ppkit.practice.models import WEB_SEARCH_ITEM, practice_models
from ppkit.practice.tool_wishes import MOST_SEARCHES, SHARED_WORDS, SHORTEST_WORD, STEM

IMITATED = "imitated"
SIMPLIFIED = {
    "/chat/completions": "texts are composed, not generated; function tools only, called by the rule below;"
    " patterns in schemas are not looked at; no audio, no log probabilities, no web search",
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
    "/images/edits": "the pictures sent along are counted and billed, not looked at",
    "/embeddings": "vectors are made of words and letters: stable, of unit length, nearer for nearer texts",
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
Unlike on the real platform, what it finds adds no input tokens. Other hosted tools are answered with 501.

## In the background

A response with `background` is queued for a second, then works for two seconds or longer, by the practice
clock: moving the clock forward finishes it, and `slow_background` makes it last ten minutes. It is billed
once, as of the moment when it is done, whether or not anybody asks; a restart of the platform loses nothing.
A stream can be left and taken up again with `starting_after`; one that is cancelled just ends.
"""

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
    left_out = ", ".join(f"`/v1{path}`" for path in NOT_IMITATED)
    left_out += ", and of a project its " + ", ".join(f"`{part}`" for part in PROJECT_PARTS)
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
            "Answered with status 501 and the code `not_in_practice`, in OpenAI's envelope: "
            + left_out
            + ".",
            DIFFERENCES,
            TOOLS,
            "## Models",
            "",
            models + ".",
            "",
            FAILURES,
            "| Failure | What happens | Strikes | Answer |",
            "| --- | --- | --- | --- |",
            *(_failure(name, fault) for name, fault in FAULTS.items()),
            "",
        ]
    )


def _failure(name: str, fault: Fault) -> str:
    answer = f"{fault.status} `{fault.code or 'null'}`, `{fault.kind}`" if fault.status else ""
    return f"| `{name}` | {Texts('en')(f'console.fault.{name}')} | {WHERE[fault.stage]} | {answer} |"


def _state(method: str, path: str) -> str:
    if "/usage/" in path and path.rsplit("/", 1)[1] not in (
        "completions",
        "images",
        "embeddings",
        "web_search_calls",
    ):
        return ALWAYS_EMPTY
    simplified = path in SIMPLIFIED and (method, path) not in PLAIN
    return f"simplified: {SIMPLIFIED[path]}" if simplified else IMITATED


if __name__ == "__main__":
    sys.stdout.write(coverage_page())

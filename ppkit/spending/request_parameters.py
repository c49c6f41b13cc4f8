"""The request parameters whose effect on the cost is known: bounded, refused by name, or none.

A parameter that is not listed is refused under a limit, because the platform adds some that multiply the work
(several agents, several passes). A test compares the lists with those of the SDK, so that a new parameter is
noticed and judged.
"""

_COMMON = {
    "metadata", "model", "moderation", "parallel_tool_calls", "prompt_cache_key", "prompt_cache_options",
    "prompt_cache_retention", "safety_identifier", "service_tier", "store", "stream", "stream_options",
    "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user",
}  # fmt: skip

RESPONSE_PARAMETERS = frozenset(_COMMON | {
    "access_programs", "background", "background_options", "context_management", "conversation", "image",
    "include", "input", "instructions", "max_output_tokens", "max_tool_calls", "previous_response_id",
    "prompt", "reasoning", "text", "truncation",
})  # fmt: skip

CHAT_PARAMETERS = frozenset(_COMMON | {
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
    "max_completion_tokens", "max_tokens", "messages", "modalities", "n", "prediction", "presence_penalty",
    "reasoning_effort", "response_format", "seed", "stop", "verbosity", "web_search_options",
})  # fmt: skip

IMAGE_PARAMETERS = frozenset({
    "background", "complexity", "frame_count", "frame_duration_ms", "image", "images", "input_fidelity",
    "markup", "mask", "model", "moderation", "n", "output_compression", "output_format", "partial_images",
    "prompt", "quality", "response_format", "safety_identifier", "size", "stream", "style", "svg", "user",
})  # fmt: skip

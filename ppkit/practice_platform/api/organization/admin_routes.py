"""The routes of the admin side."""

from __future__ import annotations

from ppkit.practice_platform.api.answer import Handler
from ppkit.practice_platform.api.organization import (
    allowances,
    member_routes,
    project_routes,
    service_accounts,
    spending,
    usage_reports,
)

PROJECT = "/organization/projects/{project_id}"
SERVICE_ACCOUNT = f"{PROJECT}/service_accounts/{{service_account_id}}"
NEVER_USED = (
    "audio_speeches", "audio_transcriptions", "vector_stores", "code_interpreter_sessions",
    "file_search_calls", "decisions",
)  # fmt: skip

ADMIN_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/organization/costs", usage_reports.report("costs")),
    *(
        ("GET", f"/organization/usage/{name}", usage_reports.report(name))
        for name in ("completions", "images", "embeddings", "moderations", "web_search_calls")
    ),
    *(("GET", f"/organization/usage/{name}", usage_reports.nothing_of_that_kind) for name in NEVER_USED),
    ("GET", "/organization/admin_api_keys", spending.list_admin_keys),
    ("POST", "/organization/admin_api_keys", spending.create_admin_key),
    ("GET", "/organization/admin_api_keys/{key_id}", spending.retrieve_admin_key),
    ("DELETE", "/organization/admin_api_keys/{key_id}", spending.delete_admin_key),
    ("GET", "/organization/projects", project_routes.list_all),
    ("POST", "/organization/projects", project_routes.create),
    ("GET", PROJECT, project_routes.retrieve),
    ("POST", PROJECT, project_routes.update),
    ("POST", f"{PROJECT}/archive", project_routes.archive),
    ("GET", f"{PROJECT}/api_keys", project_routes.list_keys),
    ("GET", f"{PROJECT}/api_keys/{{api_key_id}}", project_routes.retrieve_key),
    ("POST", f"{PROJECT}/api_keys/{{api_key_id}}", project_routes.update_key),
    ("DELETE", f"{PROJECT}/api_keys/{{api_key_id}}", project_routes.delete_key),
    ("GET", f"{PROJECT}/service_accounts", service_accounts.list_all),
    ("POST", f"{PROJECT}/service_accounts", service_accounts.create),
    ("GET", SERVICE_ACCOUNT, service_accounts.retrieve),
    ("POST", SERVICE_ACCOUNT, service_accounts.update),
    ("DELETE", SERVICE_ACCOUNT, service_accounts.delete),
    ("POST", f"{SERVICE_ACCOUNT}/api_keys", service_accounts.create_key),
    ("GET", f"{PROJECT}/users", member_routes.list_project_users),
    ("POST", f"{PROJECT}/users", member_routes.create_project_user),
    ("GET", f"{PROJECT}/users/{{user_id}}", member_routes.retrieve_project_user),
    ("POST", f"{PROJECT}/users/{{user_id}}", member_routes.update_project_user),
    ("DELETE", f"{PROJECT}/users/{{user_id}}", member_routes.delete_project_user),
    ("GET", "/organization/users", member_routes.list_users),
    ("GET", "/organization/users/{user_id}", member_routes.retrieve_user),
    ("POST", "/organization/users/{user_id}", member_routes.update_user),
    ("DELETE", "/organization/users/{user_id}", member_routes.delete_user),
    ("GET", "/organization/invites", member_routes.list_invites),
    ("POST", "/organization/invites", member_routes.create_invite),
    ("GET", "/organization/invites/{invite_id}", member_routes.retrieve_invite),
    ("DELETE", "/organization/invites/{invite_id}", member_routes.delete_invite),
    ("GET", f"{PROJECT}/rate_limits", allowances.list_rate_limits),
    ("POST", f"{PROJECT}/rate_limits/{{rate_limit_id}}", allowances.update_rate_limit),
    ("GET", f"{PROJECT}/model_permissions", allowances.retrieve_model_permissions),
    ("POST", f"{PROJECT}/model_permissions", allowances.update_model_permissions),
    ("DELETE", f"{PROJECT}/model_permissions", allowances.delete_model_permissions),
    *(
        (method, f"{prefix}/spend_{path}", handler)
        for prefix in ("/organization", PROJECT)
        for method, path, handler in (
            ("GET", "limit", spending.retrieve_limit),
            ("POST", "limit", spending.set_limit),
            ("DELETE", "limit", spending.delete_limit),
            ("GET", "alerts", spending.list_alerts),
            ("POST", "alerts", spending.create_alert),
            ("GET", "alerts/{alert_id}", spending.retrieve_alert),
            ("POST", "alerts/{alert_id}", spending.update_alert),
            ("DELETE", "alerts/{alert_id}", spending.delete_alert),
        )
    ),
)

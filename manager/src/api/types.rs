//! What authors of scripts work with.

use ampoule_typescript::DECLARATIONS;

/// TypeScript declarations (`.d.ts`) of everything that a script can see.
#[utoipa::path(get, operation_id = "get_types", path = "/v1/types", tag = "scripts", responses((status = 200, body = String, content_type = "text/plain", description = "The declarations")))]
pub(super) async fn types() -> &'static str {
    DECLARATIONS
}

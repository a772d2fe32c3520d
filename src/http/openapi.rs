//! The description of the API (OpenAPI 3.1), made from the handlers and the table of who may use
//! what. `docs/openapi.json` is this, compared by a test.

use super::access::Access;
use super::problem;
use super::routes;
use crate::config::ApiScope;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
};

/// Under which names callers are known.
const TOKEN: &str = "token";
const CERTIFICATE: &str = "certificate";
const SESSION: &str = "session";

const ABOUT: &str = "Runs, plans, holds, people and why they have what they have. Every error is a \
problem (RFC 9457); lists come in pages; a POST with an Idempotency-Key is done once.";

/// The whole description.
#[must_use]
pub fn openapi() -> OpenApi {
    routes::all().described()
}

/// Everything but the paths.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("rosterd")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let mut components = Components::new();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("`rosterd token create` makes one; its scopes say what it may do"))
        .build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
    components.add_security_scheme(
        CERTIFICATE,
        SecurityScheme::MutualTls {
            description: Some("a client certificate whose name `http.clients` has".to_owned()),
            deprecated: None,
            extensions: None,
        },
    );
    let about = "of a login in a browser (`/login`); what somebody may do then is what `http.people` says of them";
    let cookie = ApiKeyValue::with_description("__Host-rosterd-session", about);
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    components.schemas.insert("Problem".to_owned(), problem::schema());
    components.schemas.insert("Field".to_owned(), problem::field_schema());
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// Whether something in it takes parameters in its query.
pub(super) fn takes_a_query(item: &PathItem) -> bool {
    let all = [&item.get, &item.post, &item.put, &item.delete, &item.patch];
    let parameters = all.into_iter().flatten().filter_map(|operation| operation.parameters.as_ref());
    parameters.flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => true,
    })
}

/// Says in the description who may use it, and what everything can answer.
pub(super) fn declare(item: &mut PathItem, access: Access) {
    let all = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch];
    for operation in all.into_iter().flatten() {
        operation.security = Some(match access {
            Access::Public => Vec::new(),
            Access::Known => requirement(None),
            Access::Scope(scope) => requirement(Some(scope)),
        });
        let mut answers = vec![("400", "The request cannot be read, or a token stands in the URL")];
        if access != Access::Public {
            answers.extend([("401", "Nobody known asks"), ("429", "Too many failed logins from this address")]);
        }
        if let Access::Scope(_) = access {
            answers.push(("403", "Whoever asks may not do this"));
        }
        answers.extend([
            ("415", "The body is compressed or not JSON"),
            ("500", "Something failed here"),
            ("503", "Not now: see Retry-After"),
        ]);
        for (status, about) in answers {
            problem_answer(operation, status, about);
        }
        if operation.request_body.is_some() {
            problem_answer(operation, "413", "The body is too large");
            problem_answer(operation, "422", "A field is not as it must be: see `errors`");
        }
        if operation.parameters.as_ref().is_some_and(|all| !all.is_empty()) {
            problem_answer(operation, "422", "A parameter is not as it must be: see `errors`");
            problem_answer(operation, "404", "There is no such thing");
        }
        if access != Access::Public {
            problem_answer(operation, "422", "There is no such parameter");
        }
    }
}

fn requirement(scope: Option<ApiScope>) -> Vec<SecurityRequirement> {
    let needs = |scheme: &str| SecurityRequirement::new(scheme, scope.map(ApiScope::name));
    vec![needs(TOKEN), needs(CERTIFICATE), needs(SESSION)]
}

fn problem_answer(operation: &mut Operation, status: &str, about: &str) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let answer = ResponseBuilder::new().description(about).content("application/problem+json", content).build();
    operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(answer));
}

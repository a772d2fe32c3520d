//! W08: nothing that proves who somebody is is compared byte by byte.
//!
//! How long a comparison takes is measured nowhere: no test could say "never" by a clock. What is held
//! here is how the code is written. Secrets have no `==` (a unit test beside the type holds that); where
//! one is taken out of its type is listed, line by line; each sender's proof goes through the functions
//! that compare in constant time; and in the folders that meet strangers no comparison names a thing that
//! proves something. A comparison of such a thing under a harmless name would not be found.

use super::{Source, file, files, none};
use std::collections::BTreeSet;

/// Every place in which a secret is taken out of its type, and what becomes of it there.
const EXPOSED: &[(&str, &str)] = &[
    ("src/cli/token.rs", "let shown = made.token.expose();"),
    ("src/cli/service_account.rs", "let token = secret.expose();"),
    ("src/http/routes/service_accounts.rs", "shown(secret.expose(), kept.into())"),
    ("src/hooks/make.rs", "let needed = || secret.map(Secret::expose).ok_or(MakeError::NoSecret);"),
    ("src/hooks/read/proof.rs", "let expected = sha256(secret.expose().as_bytes());"),
    ("src/hooks/senders/hmac.rs", KEYS),
    ("src/hooks/senders/keycloak.rs", KEYS),
    ("src/hooks/senders/standard_webhooks.rs", "match secret.expose().strip_prefix(\"whpk_\") {"),
    (
        "src/hooks/senders/standard_webhooks.rs",
        "None => keys.extend(key_bytes(secret.expose().trim_start_matches(\"whsec_\"))),",
    ),
    ("src/hooks/senders/zitadel.rs", KEYS),
    // Sent to the provider, who gives the one back and signs the other; read as what was kept sealed; taken apart.
    ("src/providers/saml/flow.rs", "let (state, key) = (drawn.state.expose(), self.keys.first());"),
    ("src/providers/saml/flow.rs", "let request = format!(\"_{}\", drawn.nonce.expose());"),
    ("src/providers/saml/flow.rs", "let who: LogoutRequest = serde_json::from_str(hint?.expose()).ok()?;"),
    ("src/saml/keys.rs", "let bytes = pem(key.expose(), \"PRIVATE KEY\").ok_or(BadKeys::Key)?;"),
    // Kept as a hash; sealed; sent to the provider.
    ("src/logins/begin.rs", "state: hash(drawn.state.expose()),"),
    ("src/logins/finish.rs", "let sealed = seal.seal(what, &[provider, subject], secret.expose(), random);"),
    ("src/logins/renew.rs", "let sealed = seal.seal(GRANT, &whom, renewed.grant.expose(), &*engine.random);"),
    ("src/providers/oidc/flow.rs", ".add_extra_param(\"nonce\", drawn.nonce.expose());"),
    ("src/providers/oidc/flow.rs", "query.append_pair(\"id_token_hint\", hint.expose());"),
    (
        "src/providers/oidc/grant.rs",
        "client = client.set_client_secret(ClientSecret::new(secret.expose().to_owned()));",
    ),
    ("src/providers/oidc/grant.rs", "let token = RefreshToken::new(token.expose().to_owned());"),
    ("src/seal.rs", "let bytes = STANDARD.decode(secret.expose().trim()).ok().filter(|bytes| bytes.len() == KEY)?;"),
    ("src/providers/oidc/flow.rs", ".authorize_url(|| CsrfToken::new(drawn.state.expose().to_owned()))"),
    ("src/providers/oidc/flow.rs", "let verifier = PkceCodeVerifier::new(drawn.verifier.expose().to_owned());"),
    (
        "src/providers/oidc/flow.rs",
        "let kept = Kept { nonce: drawn.nonce.expose().to_owned(), verifier: verifier.secret().clone() };",
    ),
    (
        "src/providers/oidc/flow.rs",
        "let Grant { refresh_token, sub, azp } = serde_json::from_str(grant.expose()).map_err(damaged)?;",
    ),
    (
        "src/providers/oidc/overage.rs",
        "login.client.get(url, Some(token.expose()), LARGEST).await.map_err(|error| error.to_string())",
    ),
    ("src/providers/oidc/overage.rs", "let basic = Some((login.config.client_id.as_str(), secret.expose()));"),
    ("src/http/caller.rs", "let same = token::hash(secret.expose()).ct_eq(&token::hash(text));"),
    ("src/http/routes/tokens.rs", "let shown = Listed { token: Some(made.token.expose().to_owned()), ..kept };"),
    // Both are our own: the password that is configured now, and the one that was sent before.
    // Sent to the issuer, over TLS.
    (
        "src/providers/oidc/introspection.rs",
        "let basic = secret.as_ref().map(|secret| (login.config.client_id.as_str(), secret.expose()));",
    ),
    ("src/providers/ldap/session.rs", "dn == other && password.expose() == sent.expose()"),
    ("src/providers/ldap/session.rs", "if password.expose().is_empty() {"),
    (
        "src/providers/ldap/session.rs",
        "Login::Simple(dn, password) => Request::Simple(Simple { dn, password: password.expose() }),",
    ),
    // Keys of our own, by which we sign what is sent.
    ("src/jose/sign.rs", "EncodingKey::from_rsa_pem(pem.expose().as_bytes()).ok().map(Self)"),
    ("src/providers/web/grant.rs", "let value = jose::parse(file.expose().as_bytes(), VALUES).map_err(|_| wrong())?;"),
    // Sent to the service or its authorization server, over TLS.
    ("src/providers/web/grant.rs", "form.push((\"client_secret\", session.secret.expose().to_owned()));"),
    ("src/providers/web/grant.rs", "Ok(token.expose().to_owned())"),
    ("src/providers/web/service.rs", "let print = Sha256::digest(secret.expose()).into();"),
    (
        "src/providers/web/service.rs",
        "self.client.get_with(url, &self.headers, Some((header, shown.expose())), LARGEST).await",
    ),
    ("src/providers/web/service.rs", "let basic = basic.map(|(id, secret)| (id, secret.expose()));"),
    ("src/providers/web/service.rs", "Ok((header, Secret::new(format!(\"{word}{}\", secret.expose())), number))"),
    // Sent to the transmitter.
    ("src/signals/poll.rs", "let mut secret = HeaderValue::from_str(&format!(\"Bearer {}\", bearer.expose())).ok()?;"),
    (
        "src/store/postgres/servers.rs",
        "Ok(hosts.iter().map(|host| host.clone().password(password.expose())).collect())",
    ),
    ("src/worker/credentials.rs", "hash.update(secret.resolve().ok()?.expose());"),
];

/// The keys of an HMAC.
const KEYS: &str = "let keys: Vec<&[u8]> = given.secrets.iter().map(|secret| secret.expose().as_bytes()).collect();";

/// How a sender proves itself, and the one function that knows whether it did.
const SENDERS: &[(&str, &[&str])] = &[
    ("auth0", &["shared("]),
    ("authentik", &["shared("]),
    ("bearer", &["shared("]),
    ("entra", &["verify_token("]),
    // Known by its address alone.
    ("forward_auth", &[]),
    ("hmac", &["hmac_of_all("]),
    ("keycloak", &["hmac_of_all(", "verify_token("]),
    ("kratos", &["shared("]),
    // Tokens prove themselves, in the provider; a secret may be wanted besides.
    ("oidc", &["shared("]),
    ("okta", &["shared("]),
    ("standard_webhooks", &["hmac_of_all("]),
    ("zitadel", &["hmac_of_all("]),
];

const PROVING: [&str; 3] = ["shared(", "hmac_of_all(", "verify_token("];

/// Words for what proves something, as the last part of a name.
const WORDS: &[&str] = &[
    "secret",
    "secrets",
    "signature",
    "signatures",
    "token",
    "tokens",
    "password",
    "mac",
    "hmac",
    "hash",
    "digest",
    "proof",
    "expected",
    "given",
    "said",
    "bearer",
    "basic",
    "shared",
    "credential",
    "text",
    "rest",
    "bytes",
    "value",
];

/// Comparisons that look like one of a proof, and are none.
const HARMLESS: &[(&str, &str)] = &[
    // Of the configuration in force with the one before.
    ("src/hooks/service.rs", "engine.config_hash != set.hash"),
    ("src/hooks/service.rs", "set.hash == engine.config_hash"),
    ("src/signals/service.rs", "engine.config_hash != set.hash"),
];

/// Everything that strangers meet.
fn outside() -> Vec<Source> {
    let mut all = files("src/hooks", ".rs");
    all.extend(files("src/http", ".rs"));
    all.extend(files("src/signals", ".rs"));
    all.retain(|source| !source.path.contains("/tests"));
    all
}

#[test]
fn w08_where_a_secret_is_taken_out_of_its_type_is_known() {
    let mut found = BTreeSet::new();
    for source in files("src", ".rs").iter().filter(|source| !source.path.contains("/tests")) {
        for (_, line) in source.code_without_tests() {
            if line.contains(".expose()") || line.contains("::expose)") {
                found.insert((source.path.clone(), line.trim().to_owned()));
            }
        }
    }
    let known: BTreeSet<_> = EXPOSED.iter().map(|(path, line)| ((*path).to_owned(), (*line).to_owned())).collect();
    let differs = found.symmetric_difference(&known).map(|(path, line)| format!("{path}: {line}")).collect::<Vec<_>>();
    none(&differs, "see that it is compared with `ct_eq` or by its hash, then say it in the list of this test");
}

#[test]
fn w08_each_sender_is_verified_by_what_compares_in_constant_time() {
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for source in files("src/hooks/senders", ".rs") {
        let Some(name) = source.path.strip_prefix("src/hooks/senders/").and_then(|name| name.strip_suffix(".rs"))
        else {
            continue;
        };
        if name == "mod" || name.contains('/') {
            continue;
        }
        seen.push(name.to_owned());
        let uses = |word: &&str| {
            source.code_without_tests().any(|(_, line)| !line.starts_with("use ") && line.contains(*word))
        };
        let uses: Vec<&str> = PROVING.iter().filter(|word| uses(word)).copied().collect();
        let known =
            SENDERS.iter().find(|(sender, _)| *sender == name).map(|(_, how)| BTreeSet::from_iter(how.iter().copied()));
        if known != Some(uses.iter().copied().collect()) {
            wrong.push(format!("{name}: {uses:?}"));
        }
    }
    none(&wrong, "a sender proves itself by `shared`, `hmac_of_all` or `verify_token`: see the list of this test");
    assert_eq!(seen.len(), SENDERS.len(), "{seen:?}");
    // Where it is done: each secret or key is tried, and none of them ends the loop.
    for (path, times) in
        [("src/hooks/read/proof.rs", 2), ("src/hooks/senders/keycloak.rs", 1), ("src/http/caller.rs", 1)]
    {
        let source = file(path);
        let comparisons = source.code_without_tests().filter(|(_, line)| line.contains(".ct_eq(")).count();
        assert_eq!(comparisons, times, "{path}");
    }
    let proof = file("src/hooks/read/proof.rs");
    for function in ["pub(crate) fn shared(", "pub(crate) fn hmac_of_all<"] {
        let body = proof.text.split(function).nth(1).unwrap().split("\n}\n").next().unwrap();
        let lines = body.split("for ").skip(1).collect::<String>();
        assert!(lines.contains("found |= ") && lines.contains(".ct_eq("), "{function}");
        for early in ["break", "return", "if found", ".any(", ".find(", "?;"] {
            assert!(!lines.contains(early), "{function} ends early: {early}");
        }
    }
}

/// A token is looked up by its hash, in the database, and neither it nor a hash comes back from there.
#[test]
fn w08_a_token_is_found_by_its_hash_alone() {
    let users: Vec<String> = files("src", ".rs")
        .iter()
        .filter(|source| !source.path.starts_with("src/store/"))
        .flat_map(|source| {
            source
                .code_without_tests()
                .filter(|(_, line)| line.contains("token_by_hash("))
                .map(|_| source.path.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    let caller = "src/http/caller.rs";
    assert_eq!(users, [caller, caller, caller, caller, "src/http/routes/service_accounts.rs"]);
    let stores = [
        ("src/store/tokens.rs", "FROM api_tokens", "FROM api_tokens WHERE hash = $1"),
        ("src/store/service_tokens.rs", "FROM service_tokens", "ON u.id = t.user_id WHERE t.hash = $1"),
    ];
    for (path, from, by_hash) in stores {
        let store = file(path);
        let mut asked = 0;
        for query in store.text.split("SELECT ").skip(1) {
            let columns = query.split(from).next().unwrap();
            let columns = if columns.len() < query.len() { columns } else { "" };
            assert!(!columns.contains("hash"), "{columns}");
            asked += usize::from(!columns.is_empty());
        }
        assert!(asked >= 3 && store.text.contains(by_hash), "{path}");
    }
}

#[test]
fn w08_no_comparison_in_the_open_names_what_proves_something() {
    let mut found = Vec::new();
    for source in outside() {
        for (number, line) in source.code_without_tests() {
            for comparison in comparisons(line).filter(|comparison| names_a_proof(comparison)) {
                if !HARMLESS.iter().any(|(path, harmless)| *path == source.path && comparison.ends_with(harmless)) {
                    found.push(format!("{}:{number}: {comparison}", source.path));
                }
            }
        }
    }
    none(&found, "compare it with `ct_eq`, or look it up by its hash");
}

/// What is compared on a line: both sides of `==` and `!=`, and texts that are asked what they are.
fn comparisons(line: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    for operator in [" == ", " != "] {
        for (at, _) in line.match_indices(operator) {
            let (left, right) = (before(&line[..at]), after(&line[at + operator.len()..]));
            found.push(format!("{left}{operator}{right}"));
        }
    }
    for method in [".eq(", ".ne(", ".cmp(", ".starts_with(", ".ends_with(", ".contains("] {
        for (at, _) in line.match_indices(method) {
            let (left, right) = (before(&line[..at]), after(&line[at + method.len()..]));
            found.push(format!("{left} == {right}"));
        }
    }
    found.into_iter()
}

/// The operand that a text ends with, calls with what they are given included.
fn before(text: &str) -> &str {
    let mut open = 0;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' => open += 1,
            '(' | '[' if open > 0 => open -= 1,
            ' ' | '(' | '[' | '|' | '!' | '{' | ',' | '&' if open == 0 => return &text[at + 1..],
            _ => {}
        }
    }
    text
}

/// The operand that a text begins with.
fn after(text: &str) -> &str {
    let mut open = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => open += 1,
            ')' | ']' if open > 0 => open -= 1,
            ' ' | ')' | ']' | ',' | ';' | '{' | '}' if open == 0 => return &text[..at],
            _ => {}
        }
    }
    text
}

/// Whether one side is named as a proof is, and the other is not a literal, a constant or a length.
fn names_a_proof(comparison: &str) -> bool {
    let (left, right) =
        comparison.split_once(" == ").or_else(|| comparison.split_once(" != ")).unwrap_or((comparison, ""));
    let public = |side: &str| {
        let name = side.trim_start_matches(['*', '&', '-']);
        let last = name.rsplit("::").next().unwrap_or("");
        name.is_empty()
            || name.starts_with(['"', '\'', '['])
            || name.starts_with("b\"")
            || name.starts_with("b'")
            || name.starts_with(|c: char| c.is_ascii_digit())
            || name.ends_with("len()")
            || name.ends_with("len(")
            || last.starts_with(|c: char| c.is_ascii_uppercase())
    };
    let proof = |side: &str| {
        let mut name = side;
        // What a value is seen as, and what a function is given, change nothing of what it is.
        loop {
            let shorter = ["as_str", "as_bytes", "as_slice", "as_ref", "as_deref", "expose", "trim", "to_vec", "iter"]
                .iter()
                .find_map(|method| name.strip_suffix(&format!(".{method}()")))
                .or_else(|| name.strip_suffix(')').map(|call| call.split('(').next().unwrap_or("")))
                .or_else(|| name.strip_suffix("[..]"));
            let Some(shorter) = shorter else { break };
            name = shorter;
        }
        let last = name.rsplit(['.', '*', '&', ':', '_']).next().unwrap_or("");
        WORDS.contains(&last)
    };
    !public(left) && !public(right) && (proof(left) || proof(right))
}

/// The test above finds what it is there to find.
#[test]
fn w08_a_comparison_of_a_proof_is_seen_as_one() {
    let seen = |line: &str| comparisons(line).any(|comparison| names_a_proof(&comparison));
    for line in [
        "if expected == signature {",
        "if mac.as_slice() != given {",
        "secrets.iter().any(|secret| secret.expose() == value)",
        "let good = token == other_token;",
        "if stored.hash == hash(text) {",
        "signature.eq(&sent)",
        "if secret.expose().starts_with(value) {",
        "return sha256(body) == *digest;",
        "if token::hash(text) != found {",
        "(secret.as_bytes() == sent.as_bytes()).then_some(())",
    ] {
        assert!(seen(line), "{line}");
    }
    for line in [
        "if signature.len() == SHA256_BYTES {",
        "refused.code == \"token-key\"",
        "if header.alg != Algorithm::RS256 {",
        "found |= expected.as_slice().ct_eq(signature);",
        "if scheme == kind {",
    ] {
        assert!(!seen(line), "{line}");
    }
}

//! `$__env{X}`, `$__file{P}` and `${X}`: what Grafana puts in place of them, and where secrets are.

/// Where a secret is kept. Never the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Secret {
    Env(String),
    File(String),
    /// Written out in Grafana's file.
    Literal,
}

/// Where the secret of a setting is. Only a setting that is one variable and nothing else is kept
/// elsewhere.
pub(crate) fn secret(text: &str) -> Secret {
    let whole = |start: &str| {
        let inner = text.trim().strip_prefix(start)?.strip_suffix('}')?;
        (!inner.is_empty() && !inner.contains(['{', '}', '$'])).then(|| inner.to_owned())
    };
    if let Some(name) = whole("$__env{").or_else(|| whole("${")) {
        return Secret::Env(name);
    }
    whole("$__file{").map_or(Secret::Literal, Secret::File)
}

/// The text with its environment variables put in, and whether something is left that could not be.
pub(crate) fn expand(text: &str, environment: &[(String, String)]) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut left = false;
    while let Some(at) = rest.find('$') {
        let (before, variable) = rest.split_at(at);
        out.push_str(before);
        let start = ["$__env{", "${"].into_iter().find(|start| variable.starts_with(start));
        left = left || variable.starts_with("$__file{");
        let found = start.and_then(|start| {
            let end = variable.find('}')?;
            let name = variable.get(start.len()..end)?;
            Some((end + 1, environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())))
        });
        let taken = match found {
            Some((end, Some(value))) => {
                out.push_str(value);
                end
            }
            Some((end, None)) => {
                left = true;
                out.push_str(variable.get(..end).unwrap_or_default());
                end
            }
            None => {
                out.push('$');
                1
            }
        };
        rest = variable.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    (out, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_place() {
        assert_eq!(secret("$__env{LDAP_PASSWORD}"), Secret::Env("LDAP_PASSWORD".to_owned()));
        assert_eq!(secret("${LDAP_PASSWORD}"), Secret::Env("LDAP_PASSWORD".to_owned()));
        assert_eq!(secret("$__file{/run/secrets/x}"), Secret::File("/run/secrets/x".to_owned()));
        for literal in ["hunter2", "x${A}", "${}", "$__env{A}b", "${A}${B}"] {
            assert_eq!(secret(literal), Secret::Literal, "{literal}");
        }
    }

    #[test]
    fn variables_are_put_in_where_they_are_known() {
        let env = [("A".to_owned(), "1".to_owned())];
        assert_eq!(expand("x${A}y$__env{A}", &env), ("x1y1".to_owned(), false));
        assert_eq!(expand("${B} costs 3$", &env), ("${B} costs 3$".to_owned(), true));
        assert_eq!(expand("$__file{/a}", &env), ("$__file{/a}".to_owned(), true));
        assert_eq!(expand("(cn=$", &env), ("(cn=$".to_owned(), false));
    }
}

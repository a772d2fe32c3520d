//! In which way a provider's people come: the one section that says so, and what all of these sections have.

use super::{File, GitHub, GitLab, Google, Graph, Keycloak, Ldap, Login, Oidc, Okta, Provider, Saml, Scim, SecretRef};
use std::path::PathBuf;

/// The section of a provider.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    Ldap(&'a Ldap),
    File(&'a File),
    Login(&'a Login),
    Oidc(&'a Oidc),
    Saml(&'a Saml),
    Scim(&'a Scim),
    Keycloak(&'a Keycloak),
    Graph(&'a Graph),
    Okta(&'a Okta),
    Google(&'a Google),
    GitHub(&'a GitHub),
    GitLab(&'a GitLab),
}

impl Kind<'_> {
    /// The sections, as they are written.
    pub const NAMES: [&'static str; 12] =
        ["ldap", "file", "login", "oidc", "saml", "scim", "keycloak", "graph", "okta", "google", "github", "gitlab"];

    /// The section's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ldap(_) => "ldap",
            Self::File(_) => "file",
            Self::Login(_) => "login",
            Self::Oidc(_) => "oidc",
            Self::Saml(_) => "saml",
            Self::Scim(_) => "scim",
            Self::Keycloak(_) => "keycloak",
            Self::Graph(_) => "graph",
            Self::Okta(_) => "okta",
            Self::Google(_) => "google",
            Self::GitHub(_) => "github",
            Self::GitLab(_) => "gitlab",
        }
    }
}

impl<'a> Kind<'a> {
    /// What is shown to a directory to prove who asks: a secret, and files with certificates and keys.
    #[must_use]
    pub fn credentials(self) -> (Option<&'a SecretRef>, Vec<&'a PathBuf>) {
        let secret = match self {
            Self::Ldap(ldap) => {
                let files = [&ldap.tls.client_cert_file, &ldap.tls.client_key_file, &ldap.bind.keytab_file];
                return (ldap.bind.password.as_ref(), files.into_iter().flatten().collect());
            }
            // Nothing is asked of a directory.
            Self::File(_) | Self::Login(_) | Self::Oidc(_) | Self::Saml(_) => None,
            Self::Scim(scim) => scim.bearer.as_ref().or(scim.oauth.as_ref().map(|oauth| &oauth.client_secret)),
            Self::Keycloak(keycloak) => Some(&keycloak.client_secret),
            Self::Graph(graph) => Some(&graph.client_secret),
            Self::Okta(okta) => okta.token.as_ref().or(okta.client.as_ref().map(|client| &client.private_key)),
            Self::Google(google) => Some(&google.service_account),
            Self::GitHub(github) => Some(&github.token),
            Self::GitLab(gitlab) => Some(&gitlab.token),
        };
        (secret, Vec::new())
    }
}

impl Provider {
    /// The one section that says how people come; `None` where there is none, or several.
    #[must_use]
    pub fn kind(&self) -> Option<Kind<'_>> {
        let sections = [
            self.ldap.as_ref().map(Kind::Ldap),
            self.file.as_ref().map(Kind::File),
            self.login.as_ref().map(Kind::Login),
            self.oidc.as_ref().map(Kind::Oidc),
            self.saml.as_ref().map(Kind::Saml),
            self.scim.as_ref().map(Kind::Scim),
            self.keycloak.as_ref().map(Kind::Keycloak),
            self.graph.as_ref().map(Kind::Graph),
            self.okta.as_ref().map(Kind::Okta),
            self.google.as_ref().map(Kind::Google),
            self.github.as_ref().map(Kind::GitHub),
            self.gitlab.as_ref().map(Kind::GitLab),
        ];
        let mut given = sections.into_iter().flatten();
        given.next().filter(|_| given.next().is_none())
    }
}

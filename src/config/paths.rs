//! Relative paths in a configuration start where its file is, not where the process happens to be.

use super::{Config, Provider, SecretRef};
use std::path::{Path, PathBuf};

/// Puts the folder before every relative path.
pub(super) fn resolve(config: &mut Config, folder: &Path) {
    let path = |path: &mut PathBuf| *path = folder.join(&*path);
    let secret = |secret: &mut Option<SecretRef>| {
        secret.iter_mut().filter_map(|secret| secret.file.as_mut()).for_each(path);
    };
    secret(&mut config.database.password);
    config.database.encryption_keys.iter_mut().filter_map(|secret| secret.file.as_mut()).for_each(path);
    if let Some(file) = config.database.url.strip_prefix("sqlite:") {
        config.database.url = format!("sqlite:{}", folder.join(file).display());
    }
    config.provisioning.files.iter_mut().for_each(path);
    for hook in config.hooks.values_mut() {
        hook.secrets.iter_mut().filter_map(|secret| secret.file.as_mut()).for_each(path);
    }
    for stream in config.signals.values_mut() {
        stream.secrets.iter_mut().filter_map(|secret| secret.file.as_mut()).for_each(path);
        stream.poll.iter_mut().filter_map(|poll| poll.bearer.file.as_mut()).for_each(path);
        stream.ca_file.iter_mut().for_each(path);
    }
    secret(&mut config.http.bootstrap_token);
    if let Some(tls) = &mut config.http.tls {
        [Some(&mut tls.cert_file), Some(&mut tls.key_file), tls.client_ca_file.as_mut()]
            .into_iter()
            .flatten()
            .for_each(path);
    }
    for provider in config.providers.values_mut() {
        if let Some(file) = &mut provider.file {
            path(&mut file.path);
        }
        if let Some(ldap) = &mut provider.ldap {
            let tls = &mut ldap.tls;
            let keytab = &mut ldap.bind.keytab_file;
            [&mut tls.ca_file, &mut tls.client_cert_file, &mut tls.client_key_file, keytab]
                .into_iter()
                .flatten()
                .for_each(path);
            secret(&mut ldap.bind.password);
        }
        if let Some(saml) = &mut provider.saml {
            let files = [&mut saml.metadata_file, &mut saml.ca_file, &mut saml.verifier];
            files.into_iter().flatten().for_each(path);
            saml.metadata_certificate_files.iter_mut().for_each(path);
            for key in &mut saml.keys {
                path(&mut key.certificate_file);
                key.key.file.iter_mut().for_each(path);
            }
        }
        if let Some(oidc) = &mut provider.oidc {
            oidc.ca_file.iter_mut().for_each(path);
            secret(&mut oidc.client_secret);
        }
        if let Some(scim) = &mut provider.scim {
            scim.ca_file.iter_mut().for_each(path);
            secret(&mut scim.bearer);
            scim.oauth.iter_mut().filter_map(|oauth| oauth.client_secret.file.as_mut()).for_each(path);
        }
        vendors(provider, folder);
    }
}

/// The same in the sections of vendors' interfaces.
fn vendors(provider: &mut Provider, folder: &Path) {
    let Provider { keycloak, graph, okta, google, github, gitlab, .. } = provider;
    let mut files: Vec<&mut Option<PathBuf>> = Vec::new();
    files.extend(keycloak.iter_mut().flat_map(|section| [&mut section.ca_file, &mut section.client_secret.file]));
    files.extend(graph.iter_mut().flat_map(|section| [&mut section.ca_file, &mut section.client_secret.file]));
    files.extend(google.iter_mut().flat_map(|section| [&mut section.ca_file, &mut section.service_account.file]));
    files.extend(github.iter_mut().flat_map(|section| [&mut section.ca_file, &mut section.token.file]));
    files.extend(gitlab.iter_mut().flat_map(|section| [&mut section.ca_file, &mut section.token.file]));
    if let Some(okta) = okta {
        files.push(&mut okta.ca_file);
        files.extend(okta.token.iter_mut().map(|token| &mut token.file));
        files.extend(okta.client.iter_mut().map(|client| &mut client.private_key.file));
    }
    files.into_iter().flatten().for_each(|file| *file = folder.join(&*file));
}

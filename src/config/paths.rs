//! Relative paths in a configuration start where its file is, not where the process happens to be.

use super::{Config, SecretRef};
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
    for hook in config.hooks.values_mut() {
        hook.secrets.iter_mut().filter_map(|secret| secret.file.as_mut()).for_each(path);
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
        if let Some(oidc) = &mut provider.oidc {
            oidc.ca_file.iter_mut().for_each(path);
            secret(&mut oidc.client_secret);
        }
        if let Some(scim) = &mut provider.scim {
            scim.ca_file.iter_mut().for_each(path);
            scim.bearer.file.iter_mut().for_each(path);
        }
    }
}

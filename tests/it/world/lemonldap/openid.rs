//! LemonLDAP::NG as an OpenID provider, and a client that logs people in.

use super::LemonLdap;
use crate::world::browser::{Browser, parameter};
use crate::world::http::ask;
use crate::world::slapd::Slapd;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl LemonLdap {
    /// People and groups are those of the directory, passwords too. `client`: more of what it knows of the client
    /// `rosterd`, in its own words; `groups`: how it says groups, in its own words.
    pub fn start(directory: &Slapd, client: &Value, groups: &str) -> Self {
        Self::begin(directory, "/.well-known/openid-configuration", |here| here.openid(client, groups))
    }

    /// Somebody logs in, whose password is their login; the tokens.
    #[track_caller]
    pub fn login(&self, browser: &Browser, person: &str) -> Value {
        let redirect = self.redirect();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", "rosterd"), ("redirect_uri", &redirect), ("response_type", "code")])
            .extend_pairs([("scope", "openid profile email groups offline_access"), ("state", "s-1"), ("nonce", "n-1")])
            .extend_pairs([("code_challenge", CHALLENGE), ("code_challenge_method", "S256")])
            .finish();
        browser.fresh();
        browser.go(&format!("{}/oauth2/authorize?{query}", self.issuer()));
        browser.fill("user", person);
        browser.fill("password", person);
        browser.press("Connect");
        let url = browser.wait_for_url("/callback?");
        assert_eq!(parameter(&url, "state").as_deref(), Some("s-1"), "{url}");
        let code = parameter(&url, "code").unwrap();
        self.tokens(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect),
            ("code_verifier", VERIFIER),
        ])
    }

    /// The same person a while later, by a refresh token.
    #[track_caller]
    pub fn renew(&self, tokens: &Value) -> Value {
        let token = tokens["refresh_token"].as_str().unwrap();
        self.tokens(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    #[track_caller]
    fn tokens(&self, form: &[(&str, &str)]) -> Value {
        let answer = self.post("/oauth2/token", form);
        assert!(answer["id_token"].is_string(), "{answer}\n{}", self.log());
        answer
    }

    /// What it says of an access token (RFC 7662).
    #[track_caller]
    pub fn introspect(&self, token: &str) -> Value {
        self.post("/oauth2/introspect", &[("token", token)])
    }

    #[track_caller]
    fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let basic = format!("Basic {}", STANDARD.encode("rosterd:rosterd-secret"));
        let headers = [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let (status, text) = ask(self.port, "POST", path, &headers, &body).unwrap();
        assert_eq!(status, 200, "{path}: {text}\n{}", self.log());
        serde_json::from_str(&text).unwrap()
    }

    fn redirect(&self) -> String {
        format!("{}/callback", self.back.url())
    }

    fn openid(&self, client: &Value, groups: &str) -> Value {
        let mut options = json!({
            "oidcRPMetaDataOptionsClientID": "rosterd",
            "oidcRPMetaDataOptionsClientSecret": "rosterd-secret",
            "oidcRPMetaDataOptionsRedirectUris": self.redirect(),
            "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
            "oidcRPMetaDataOptionsBypassConsent": 1,
            "oidcRPMetaDataOptionsRequirePKCE": 1,
            "oidcRPMetaDataOptionsAllowOffline": 1,
            "oidcRPMetaDataOptionsUserIDAttr": "uid",
        });
        options.as_object_mut().unwrap().extend(client.as_object().unwrap().clone());
        let claims = json!({ "email": "mail", "name": "cn", "preferred_username": "uid", "groups": groups });
        json!({
            "issuerDBOpenIDConnectActivation": 1, "issuerDBOpenIDConnectPath": "^/oauth2/",
            "oidcServiceMetaDataIssuer": self.issuer(), "oidcServicePrivateKeySig": self.read("private.pem"),
            "oidcServicePublicKeySig": self.read("public.pem"), "oidcServiceKeyIdSig": "key",
            "oidcServiceAllowAuthorizationCodeFlow": 1, "oidcServiceIgnoreScopeForClaims": 1,
            "oidcRPMetaDataOptions": { "rp": options }, "oidcRPMetaDataExportedVars": { "rp": claims },
            "oidcRPMetaDataOptionsExtraClaims": { "rp": {} }, "oidcRPMetaDataMacros": {}, "oidcOPMetaDataOptions": {},
        })
    }
}

//! LemonLDAP::NG as a SAML identity provider (Lasso).

use super::LemonLdap;
use crate::world::http::ask;
use crate::world::slapd::Slapd;
use serde_json::{Value, json};

const METADATA: &str = "/saml/metadata";

impl LemonLdap {
    /// People and groups are those of the directory, passwords too. It knows no service provider.
    pub fn start_saml(directory: &Slapd) -> Self {
        Self::begin(directory, METADATA, Self::saml)
    }

    pub fn entity_id(&self) -> String {
        format!("{}{METADATA}", self.issuer())
    }

    pub fn metadata(&self) -> String {
        let (status, text) = ask(self.port, "GET", METADATA, &[], "").unwrap();
        assert_eq!(status, 200, "{text}\n{}", self.log());
        text
    }

    /// Where somebody goes who begins there (SAML profiles §4.1.5), for the service provider of that name.
    pub fn begin_there(&self, name: &str) -> String {
        format!("{}/saml/singleSignOn?IDPInitiated=1&spConfKey={name}", self.issuer())
    }

    /// Where somebody goes who logs out there.
    pub fn log_out_there(&self) -> String {
        format!("{}/?logout=1", self.issuer())
    }

    /// It deals with this service provider, whose metadata this is; `said`: more of it, in its own words, each behind
    /// `samlSPMetaDataOptions`. It is started again.
    pub fn trust(&mut self, name: &str, metadata: &str, said: &Value) {
        let mut options = json!({
            "NameIDFormat": "persistent", "EncryptionMode": "none", "SignSSOMessage": 1, "SignSLOMessage": 1,
            "CheckSSOMessageSignature": 1, "CheckSLOMessageSignature": 1, "EnableIDPInitiatedURL": 1,
            "SignatureMethod": "RSA_SHA256", "NotOnOrAfterTimeout": 300, "SessionNotOnOrAfterTimeout": 72000,
        });
        options.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        let options = options.as_object().unwrap().iter();
        let options = options.map(|(key, value)| (format!("samlSPMetaDataOptions{key}"), value.clone())).collect();
        // Whether one has to be there, its name, its format and its other name.
        let attributes = json!({ "uid": "1;uid;;", "mail": "0;mail;;", "cn": "0;name;;", "groups": "0;groups;;" });
        for (key, value) in [
            ("samlSPMetaDataXML", json!({ "samlSPMetaDataXML": metadata })),
            ("samlSPMetaDataOptions", Value::Object(options)),
            ("samlSPMetaDataExportedAttributes", attributes),
            ("samlSPMetaDataMacros", json!({})),
        ] {
            self.configuration[key][name] = value;
        }
        self.stop();
        assert!(self.run(), "LemonLDAP::NG does not start again: {}", self.log());
    }

    fn saml(&self) -> Value {
        json!({
            "issuerDBSAMLActivation": 1, "issuerDBSAMLPath": "^/saml/", "samlEntityID": self.entity_id(),
            "samlServicePrivateKeySig": self.read("private.pem"),
            "samlServicePublicKeySig": self.read("certificate.pem"),
            "samlServicePrivateKeyEnc": "", "samlServicePublicKeyEnc": "",
            "samlServiceUseCertificateInResponse": 1, "samlServiceSignatureMethod": "RSA_SHA256",
            "samlOrganizationName": "Example", "samlOrganizationDisplayName": "Example",
            "samlOrganizationURL": "http://127.0.0.1/", "samlStorageOptions": {}, "samlMetadataForceUTF8": 1,
            "samlSPMetaDataXML": {}, "samlSPMetaDataOptions": {}, "samlSPMetaDataExportedAttributes": {},
            "samlSPMetaDataMacros": {}, "samlNameIDFormatMapEmail": "mail",
            // Its own way is `None`, which browsers take over TLS alone.
            "sameSite": "Lax",
        })
    }
}

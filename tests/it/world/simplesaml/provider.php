<?php
// The provider itself; provider.json has what a test says of it, in SimpleSAMLphp's own words.
$redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
$post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
$format = 'urn:oasis:names:tc:SAML:2.0:nameid-format';
$said = json_decode(file_get_contents(getenv('SIMPLESAMLPHP_CONFIG_DIR') . '/provider.json'), true);
$metadata[getenv('ADDRESS') . 'idp'] = array_merge([
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'NameIDFormat' => "$format:persistent",
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
    'SingleSignOnServiceBinding' => [$redirect, $post],
    'SingleLogoutServiceBinding' => [$redirect, $post],
    'authproc' => [
        3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => "$format:persistent"],
        4 => ['class' => 'saml:TransientNameID'],
        5 => [
            'class' => 'saml:AttributeNameID', 'attribute' => 'mail',
            'Format' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
        ],
    ],
], $said);

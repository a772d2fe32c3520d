<?php
// SimpleSAMLphp as an identity provider, all of it in the folder in which it is started.
// ADDRESS: where it is, with a slash at its end. settings.json: what a test says otherwise.
$dir = getenv('SIMPLESAMLPHP_CONFIG_DIR');
$config = json_decode(file_get_contents("$dir/settings.json"), true) + [
    'baseurlpath' => getenv('ADDRESS'),
    'certdir' => "$dir/",
    'loggingdir' => "$dir/",
    'datadir' => "$dir/",
    'tempdir' => "$dir/tmp",
    'metadatadir' => "$dir/metadata",
    'metadata.sources' => [['type' => 'flatfile', 'directory' => "$dir/metadata"]],
    'attributenamemapdir' => '/etc/simplesamlphp/attributemap/',
    'technicalcontact_email' => 'na@example.org',
    'timezone' => 'UTC',
    'secretsalt' => 'what nobody else knows',
    'auth.adminpassword' => 'admin-pw',
    // Where a logout of its own may lead: to each port of this machine.
    'trusted.url.domains' => ['127\.0\.0\.1:[0-9]+'],
    'trusted.url.regex' => true,
    'debug' => ['saml' => false, 'backtraces' => true, 'validatexml' => false],
    'showerrors' => true,
    'errorreporting' => false,
    'logging.level' => \SimpleSAML\Logger::INFO,
    'logging.handler' => 'errorlog',
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'language.cookie.secure' => false,
    'language.cookie.samesite' => null,
    'session.phpsession.savepath' => "$dir/sessions",
    'store.type' => 'phpsession',
    'language.default' => 'en',
];

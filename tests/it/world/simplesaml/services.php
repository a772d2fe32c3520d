<?php
// The service providers: services/NAME.xml is what one says of itself, services/NAME.json what its administrator here
// adds to that, in SimpleSAMLphp's own words.
foreach (glob(getenv('SIMPLESAMLPHP_CONFIG_DIR') . '/services/*.xml') as $file) {
    $service = \SimpleSAML\Metadata\SAMLParser::parseString(file_get_contents($file));
    $said = json_decode(file_get_contents(substr($file, 0, -3) . 'json'), true);
    $metadata[$service->getEntityId()] = array_merge($service->getMetadata20SP(), $said);
}

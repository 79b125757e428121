<?php
// The service is what its own metadata says, as the page to convert metadata would have it; and the options of the test.
$folder = dirname(__DIR__);
if (is_file("$folder/service.xml")) {
    $test = json_decode(file_get_contents("$folder/test.json"), true);
    $service = SimpleSAML\Metadata\SAMLParser::parseString(file_get_contents("$folder/service.xml"))->getMetadata20SP();
    $metadata[$service['entityid']] = ($test['options'] ?? []) + $service + [
        'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    ];
}

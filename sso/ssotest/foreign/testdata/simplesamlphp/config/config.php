<?php
// What a test says stands in test.json, and is read anew with each request.
require '/etc/simplesamlphp/config.php';
$folder = dirname(__DIR__);
$test = json_decode(file_get_contents("$folder/test.json"), true);
$config = array_merge($config, [
    'baseurlpath' => $test['url'] . '/',
    'certdir' => "$folder/cert/",
    'datadir' => "$folder/data/",
    'loggingdir' => "$folder/log/",
    'metadatadir' => "$folder/metadata",
    'tempdir' => "$folder/tmp",
    'session.phpsession.savepath' => "$folder/tmp",
    'session.cookie.secure' => false, // it speaks HTTP
    'session.cookie.samesite' => null,
    'language.cookie.secure' => false,
    'language.cookie.samesite' => null,
    'secretsalt' => 'the salt of a test',
    'logging.handler' => 'errorlog',
    'enable.saml20-idp' => true,
    'metadata.sources' => [['type' => 'flatfile', 'directory' => "$folder/metadata"]],
    'module.enable' => ['core' => true, 'exampleauth' => true, 'saml' => true],
]);

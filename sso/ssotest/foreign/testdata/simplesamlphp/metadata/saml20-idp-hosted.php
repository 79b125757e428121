<?php
$test = json_decode(file_get_contents(dirname(__DIR__) . '/test.json'), true);
$metadata['__DYNAMIC:1__'] = [
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'privatekey' => "{$test['key']}.pem",
    'certificate' => "{$test['key']}.crt",
    'redirect.sign' => true,
    'sign.logout' => true,
    'validate.logout' => true,
    'authproc' => [3 => [
        'class' => 'saml:AttributeNameID',
        'attribute' => 'uid',
        'Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    ]],
];
if ($test['next_key'] !== '') {
    $metadata['__DYNAMIC:1__']['new_certificate'] = "{$test['next_key']}.crt";
}

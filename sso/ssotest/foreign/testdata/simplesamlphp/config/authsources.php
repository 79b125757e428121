<?php
// Whoever is there has the password of the name, with "pw" behind.
$test = json_decode(file_get_contents(dirname(__DIR__) . '/test.json'), true);
$people = ['exampleauth:UserPass'];
foreach ($test['people'] as $name => $attributes) {
    $people["$name:{$name}pw"] = ['uid' => [$name]] + $attributes;
}
$config = ['people' => $people];

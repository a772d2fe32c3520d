<?php
// The people of people.json, each with the attributes that stand there and their own name as their password.
$people = json_decode(file_get_contents(getenv('SIMPLESAMLPHP_CONFIG_DIR') . '/people.json'), true);
$config = ['people' => ['exampleauth:UserPass']];
foreach ($people as $name => $attributes) {
    $config['people']["$name:$name"] = $attributes;
}

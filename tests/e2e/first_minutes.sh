#!/bin/sh
# What a user does first where the package has been installed, one line after the other. Run there; its
# argument is a model directory with ops that are not supported.
set -eu
unsupported=$1
demo=/usr/share/cayuco/demo
bytes='Content-Type: application/octet-stream'
cd "$(mktemp -d)"

# A command, and words that its output must have.
try() {
  command=$1
  shift
  output=$(sh -c "$command" 2>&1) || {
    printf 'FAIL: %s: status %s\n%s\n' "$command" $? "$output"
    exit 1
  }
  for word; do
    case $output in
    *"$word"*) ;;
    *)
      printf 'FAIL: %s: no "%s" in\n%s\n' "$command" "$word" "$output"
      exit 1
      ;;
    esac
  done
  echo "ok: $command"
}

try 'cayuco status' cores kernels memory queue sessions demo READY
try "cayuco predict demo $demo/seven.png -k 3" '7  seven' ' ms, demo version 1'
try "cayuco predict demo $demo/seven.f32 -k 3" '7  seven'
try "cayuco convert $demo/model --to mine" done int8 fp32 conv2d softmax bytes seconds
try "script -qec 'cayuco convert $demo/model --to mine' /dev/null" '% upload' '% unpack' '[####' '100%'
try "! cayuco convert $unsupported --to no" 'missing     conv3d' 'hint:'
try 'cayuco bench --model mine -n 200' p50 p95 p99 'per second' queue infer throttled share kernel depthwise_conv2d
try 'curl -sS --fail-with-body localhost:8080/v2/models/mine' '"name":"mine"' '"datatype":"FP32"'
try "curl -sS --fail-with-body 'localhost:8080/predict?model=mine' -H '$bytes' --data-binary @$demo/seven.f32 -o out.json" ''
try "cayuco predict mine $demo/seven.f32 -k 1" '       7  '
try 'cat out.json' '"model_name":"mine"' '"data":['
try 'curl -sS --fail-with-body http://localhost:8080/' '<html'

/* Everything, for who wants one include. */
#ifndef COUNTERSIGN_COUNTERSIGN_H
#define COUNTERSIGN_COUNTERSIGN_H

#include <countersign/api_key.h>
#include <countersign/audit.h>
#include <countersign/claims.h>
#include <countersign/credential.h>
#include <countersign/error.h>
#include <countersign/http_signature.h>
#include <countersign/jwt.h>
#include <countersign/key.h>
#include <countersign/keyring.h>
#include <countersign/nonce.h>
#include <countersign/nonce_table.h>
#include <countersign/request.h>
#include <countersign/scheme.h>
#include <countersign/scope.h>
#include <countersign/sha256_backend.h>
#include <countersign/sign.h>
#include <countersign/sigv4.h>
#include <countersign/span.h>
#include <countersign/token.h>
#include <countersign/verdict.h>
#include <countersign/verifier.h>
#include <countersign/version.h>

#endif

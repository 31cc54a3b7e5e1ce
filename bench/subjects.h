/* The subjects: what is measured. Each has a file of its own, which adds its rows. */
#ifndef CSN_BENCH_SUBJECTS_H
#define CSN_BENCH_SUBJECTS_H

void csn_bench_hmac_sha256(void);
void csn_bench_jwt_verify(void);
void csn_bench_nonce_claim(void);
void csn_bench_verify_request(void);
void csn_bench_stage(void);
void csn_bench_credential_lookup(void);
void csn_bench_nonce_store(void);
void csn_bench_csn_verify(void);
void csn_bench_audit_event(void);
void csn_bench_redact(void);

#endif

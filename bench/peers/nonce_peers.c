#include "nonce_peer.h"

const csn_nonce_peer *const csn_nonce_peers[CSN_NONCE_PEERS] = {&csn_peer_urcu_lfht, &csn_peer_libcuckoo, &csn_peer_tbb,
                                                                &csn_peer_mutex_sharded, &csn_peer_mutex_global};

/** A certificate for hooks.example.test that signed itself, with its key; for receivers in tests, known to nobody else. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBsDCCAVagAwIBAgIUH0rZf2SpQpo/nvnTkzQMx9Z3QW8wCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSaG9va3MuZXhhbXBsZS50ZXN0MCAXDTI2MTEyMjAwMTcyMloY
DzIxMjYxMDI5MDAxNzIyWjAdMRswGQYDVQQDDBJob29rcy5leGFtcGxlLnRlc3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQbzuMxFNsEsOcxV6L0/OkVXweNZ3J3
OIgidkrKuc1tR6fqHVf/QkHyZC+NS3tV1t15SlRgvlJnNnvPF1d6ItnEo3IwcDAd
BgNVHQ4EFgQUrbtb4jW0MTNDpEHd5yciabyMx0cwHwYDVR0jBBgwFoAUrbtb4jW0
MTNDpEHd5yciabyMx0cwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHREEFjAUghJob29r
cy5leGFtcGxlLnRlc3QwCgYIKoZIzj0EAwIDSAAwRQIgDWGNw3dnjP64dDhYu9dU
hXY8fGMfmJFfO2C+7W8qgw0CIQCjwJ7qkMcvUWwukZ/uhT/ZdB6YhuIJZc0eDBIR
6uXx1Q==
-----END CERTIFICATE-----`;
export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZLOsy1K2MArh+Blv
ytrkb9WE2cvfdBH+xtDQAf055ZmhRANCAAQbzuMxFNsEsOcxV6L0/OkVXweNZ3J3
OIgidkrKuc1tR6fqHVf/QkHyZC+NS3tV1t15SlRgvlJnNnvPF1d6ItnE
-----END PRIVATE KEY-----`;

"""The web platform: Django apps, thin over the core. `docs/adr/0014-web-rooms.md` says what stands on what."""

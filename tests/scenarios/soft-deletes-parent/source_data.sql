UPDATE parent SET deleted_at = '2026-01-02 03:04:05' WHERE id = 2;

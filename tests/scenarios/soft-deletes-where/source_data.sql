UPDATE t SET deleted_at = '2026-01-02 03:04:05' WHERE id IN (3, 5);
UPDATE t SET deleted_at = '2026-01-02 03:04:05', region = 8 WHERE id = 4;

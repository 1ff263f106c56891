UPDATE t SET deleted_at = '2026-01-02 03:04:05' WHERE id IN ('k5', 'k6');
UPDATE t SET v = -1 WHERE id = 'k7';
INSERT INTO t VALUES ('new', 1, NULL), ('old', 1, '2026-01-02 03:04:05');

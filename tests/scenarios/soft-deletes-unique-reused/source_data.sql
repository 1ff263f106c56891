UPDATE t SET deleted_at = '2026-01-02 03:04:05' WHERE id = 5;
INSERT INTO t (id, mail) VALUES (1000, 'm5');

UPDATE t SET a = '::1' WHERE id = '00000000-0000-0000-0000-000000000000';
UPDATE t SET b = NULL WHERE id = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
INSERT INTO t VALUES ('6ccd780c-baba-1026-9564-5b8c656024da', NULL, NULL);

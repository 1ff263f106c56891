UPDATE t SET v = 'changed' WHERE k = '123e4567-e89b-12d3-a456-426655440000';
DELETE FROM t WHERE k = '6ccd780c-baba-1026-9564-5b8c656024db';
INSERT INTO t VALUES ('ffffffff-ffff-ffff-ffff-ffffffffffff', 'extra');

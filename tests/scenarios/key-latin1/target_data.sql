UPDATE t SET v = 'changed' WHERE k = 'été';
DELETE FROM t WHERE k = 'a';
INSERT INTO t VALUES ('ÿ', 'extra');

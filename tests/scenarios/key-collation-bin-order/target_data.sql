UPDATE t SET v = 'changed' WHERE k = 'D';
DELETE FROM t WHERE k = 'a';
INSERT INTO t VALUES ('c', 'extra');

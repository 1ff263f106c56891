INSERT INTO t VALUES ('ss', 1, 1, 'same');

INSERT INTO t VALUES (1, 'Anna'), (2, 'Otto');

INSERT INTO t VALUES (2, NULL), (0, NULL), (6, 'gone'), (6, 'gone');

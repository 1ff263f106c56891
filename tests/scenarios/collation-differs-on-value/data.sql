INSERT INTO t VALUES (1, 'abc'), (2, 'é'), (3, 'same');

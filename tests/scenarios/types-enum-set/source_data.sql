INSERT INTO t VALUES (7, '', 'two,vier ist 4');

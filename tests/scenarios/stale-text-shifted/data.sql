INSERT INTO t SELECT i, 'left ', 'right' FROM seq.n WHERE i < 50;

INSERT INTO t SELECT 9, d, t0, t3, t6, dt0, dt3, dt6, ts0, ts3, ts6, y FROM t WHERE id = 2;

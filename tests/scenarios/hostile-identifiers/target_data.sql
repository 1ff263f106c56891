UPDATE `we``ird` SET `v,we``ird` = 'zwei' WHERE `we``ird` = 2;
DELETE FROM `we``ird` WHERE `we``ird` = 3;
UPDATE `has space` SET `v,has space` = 'zwei' WHERE `has space` = 2;
DELETE FROM `has space` WHERE `has space` = 3;
UPDATE `dot.ted` SET `v,dot.ted` = 'zwei' WHERE `dot.ted` = 2;
DELETE FROM `dot.ted` WHERE `dot.ted` = 3;
UPDATE `größe` SET `v,größe` = 'zwei' WHERE `größe` = 2;
DELETE FROM `größe` WHERE `größe` = 3;
UPDATE `it's "quoted"` SET `v,it's "quoted"` = 'zwei' WHERE `it's "quoted"` = 2;
DELETE FROM `it's "quoted"` WHERE `it's "quoted"` = 3;
UPDATE `100%` SET `v,100%` = 'zwei' WHERE `100%` = 2;
DELETE FROM `100%` WHERE `100%` = 3;
UPDATE `select` SET `v,select` = 'zwei' WHERE `select` = 2;
DELETE FROM `select` WHERE `select` = 3;
UPDATE `new
line` SET `v,new
line` = 'zwei' WHERE `new
line` = 2;
DELETE FROM `new
line` WHERE `new
line` = 3;
UPDATE `a/b\c` SET `v,a/b\c` = 'zwei' WHERE `a/b\c` = 2;
DELETE FROM `a/b\c` WHERE `a/b\c` = 3;
UPDATE `-- x; drop` SET `v,-- x; drop` = 'zwei' WHERE `-- x; drop` = 2;
DELETE FROM `-- x; drop` WHERE `-- x; drop` = 3;
UPDATE `#[]{}*?` SET `v,#[]{}*?` = 'zwei' WHERE `#[]{}*?` = 2;
DELETE FROM `#[]{}*?` WHERE `#[]{}*?` = 3;

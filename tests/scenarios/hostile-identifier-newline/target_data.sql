UPDATE `new
line` SET `v,new
line` = 'zwei' WHERE `new
line` = 2;
DELETE FROM `new
line` WHERE `new
line` = 3;
